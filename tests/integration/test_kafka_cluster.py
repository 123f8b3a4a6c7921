"""A cluster of three brokers, each of which may be killed: the leader of a partition, the one that coordinates the task's
transactions, so many that a topic takes nothing. No message is lost, and none is there twice."""

import contextlib
import json
import random

import conftest
import kafka_reader
import kafka_task
import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from test_kafka_sync import Writer, source, tables                    # pylint: disable=unused-import

import rds
import servers

TRANSACTIONS = "__transaction_state"


@pytest.fixture(scope="module")
def three():
    made = servers.KafkaCluster()
    try:
        conftest.skipping(made.start)
        yield made
    finally:
        made.discard()


@pytest.fixture
def cluster(three):                                                   # pylint: disable=redefined-outer-name
    """A topic is on all brokers and takes what two have; they run, whatever became of them before."""
    return three.start()


@pytest.fixture
def task_to(program, source, request):                                # pylint: disable=redefined-outer-name
    """task_to(cluster, replicas=[[1, 2]]): its topic, which has the test's name, has a partition for each list of brokers."""
    prefix = kafka_reader.name_of(request.node.name)

    def make(cluster, replicas):                                      # pylint: disable=redefined-outer-name
        made = kafka_task.make(program, source, cluster.nodes[0], prefix, host=cluster.addresses,
                               **{"kafka.partitions": "key", "precheck.ignore": "CHECK_KAFKA_REPLICAS"})
        client = AdminClient({"bootstrap.servers": cluster.addresses})
        client.create_topics([NewTopic(prefix, len(replicas), replica_assignment=replicas)])[prefix].result(rds.SECONDS)
        return made

    return make


def partitions(client, topic=None):
    """What the brokers know of topics: {name: {partition: its leader and replicas}}. One of them may just have been killed, or begun."""
    def ask():
        with contextlib.suppress(KafkaException):
            return {name: one.partitions for name, one in client.list_topics(topic, timeout=10).topics.items()}
        return None

    return rds.wait_until(ask, "the cluster to answer")


def leader(cluster, topic, but=()):                                   # pylint: disable=redefined-outer-name
    """The broker that leads the topic's first partition."""
    def look():
        found = partitions(AdminClient({"bootstrap.servers": cluster.addresses, "log_level": 0}), topic).get(topic)
        return found and found[0].leader > 0 and cluster.nodes[found[0].leader - 1] not in but and cluster.nodes[found[0].leader - 1]

    return rds.wait_until(look, f"a leader of {topic}")


def follows(task):
    return task.status()["state"] == "Synchronizing"


@pytest.mark.parametrize("round_", range(5 if rds.LONG else 1))
def test_brokers_are_killed_one_after_the_other(cluster, source, task_to, round_):
    made, seed = task_to(cluster, [[1, 2, 3], [2, 3, 1], [3, 1, 2]]), rds.seed(70 + round_)
    draw = random.Random(seed)
    with Writer(source, seed):
        running = made.start()
        running.until(lambda: follows(made), "it to follow")
        for topic in (made.prefix, TRANSACTIONS, *(draw.choice((made.prefix, TRANSACTIONS)) for _ in range(4 if rds.LONG else 0))):
            node = leader(cluster, topic)
            node.kill()
            leader(cluster, topic, but=(node,))
            running.until(lambda: follows(made), "it to follow")
            node.start()
        running.kill()
    made.synchronize()
    tables(cluster.nodes[0], made, source)


def move(cluster, topics, where):                                     # pylint: disable=redefined-outer-name
    """Has each partition's replicas on the two brokers that do not lead it; it is done when this returns."""
    client = AdminClient({"bootstrap.servers": cluster.addresses, "log_level": 0})
    known = partitions(client)
    wanted = {(name, number): [node.node for node in cluster.nodes if node.node != one.leader]
              for name in topics for number, one in known[name].items()}
    where.write_text(json.dumps({"version": 1, "partitions": [{"topic": name, "partition": number, "replicas": brokers}
                                                              for (name, number), brokers in wanted.items()]}), encoding="ascii")
    cluster.nodes[0].tool("reassign.ReassignPartitionsCommand", "--execute", "--reassignment-json-file", where)

    def there():
        now = partitions(client)
        return all(sorted(now[name][number].replicas) == brokers and now[name][number].leader in brokers
                   for (name, number), brokers in wanted.items())

    rds.wait_until(there, "the partitions to have moved")


def test_partitions_are_moved_to_other_brokers(cluster, source, task_to, tmp_path):
    """Those that are written to, those of the task's own topic, and those of the brokers that coordinate its transactions."""
    before, made, seed = kafka_reader.topics(cluster.nodes[0]), task_to(cluster, [[1, 2], [2, 3], [3, 1]]), rds.seed(75)
    with Writer(source, seed):
        running = made.start()
        running.until(lambda: follows(made), "it to follow")
        topics = {TRANSACTIONS, *kafka_reader.topics(cluster.nodes[0])} - before | {made.prefix}
        for _ in range(3 if rds.LONG else 1):
            move(cluster, topics, tmp_path / "moves.json")
            seen = made.status()["progress"]["counters"]["updates"]
            running.until(lambda: made.status()["progress"]["counters"]["updates"] > seen, "changes after it")  # pylint: disable=cell-var-from-loop
        running.kill()
    made.synchronize()
    tables(cluster.nodes[0], made, source)


@pytest.mark.long
def test_a_topic_that_lacks_brokers_is_waited_for(cluster, source, task_to):
    made = task_to(cluster, [[1, 2]])
    running = made.start()
    running.until(lambda: follows(made), "it to follow")
    cluster.nodes[1].kill()
    rds.wait_until(lambda: leader(cluster, made.prefix) is cluster.nodes[0], "the other one to lead")
    source.sql("UPDATE shop.t SET v = 'while one is missing' WHERE id <= 10")
    error = rds.wait_until(lambda: (seen := made.status())["state"] == "Retrying" and seen["progress"]["error"], "an error")
    assert error["code"] == "RS-2002" and "1 of 2 replicas" in error["detail"], error
    assert kafka_reader.Tables().take(kafka_reader.read(cluster.nodes[0], [made.prefix])).kinds["UPDATE"] == 0
    cluster.nodes[1].start()
    running.until(lambda: follows(made) and kafka_reader.Tables().take(kafka_reader.read(cluster.nodes[0], [made.prefix])).kinds["UPDATE"] == 10,
                  "the changes")
    running.stop().succeeded()
    tables(cluster.nodes[0], made, source)
