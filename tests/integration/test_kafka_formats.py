"""MySQL to Kafka in each format, read from a real broker by the formats' own readers (messages.py): tables that are copied and
followed come out as the source has them."""

import contextlib
import json

import conftest
import kafka_reader
import kafka_task
import messages
import pytest

READERS = {"avro": lambda kinds: messages.DtsAvro(kinds, version=None), "canal-json": messages.CanalJson, "shareplex-json": messages.SharePlexJson}
ZONES = {"avro": "-11:00", "canal-json": "+08:00", "shareplex-json": "-03:30"}     # Avro's instants have none
COLUMNS = ("id INT PRIMARY KEY, n DECIMAL(12,3) ZEROFILL, f FLOAT, t TIMESTAMP(3) NULL, d DATETIME(6), e ENUM('a','b'), s SET('x','y'), "
           "c VARCHAR(40) CHARACTER SET latin1, j TEXT CHARACTER SET utf8mb4, b VARBINARY(20), bits BIT(9), "
           "twice BIGINT AS (id * 2) VIRTUAL, next BIGINT AS (id + 1) PERSISTENT")
ROW = ("({0}, {0}.5, {0}.25, '2024-02-29 12:00:00.125', '2024-02-29 12:00:00.000001', 1 + {0} % 2, {0} % 4, _latin1 X'E9FF80', "
       "_utf8mb4 X'F09F9880225C0A', X'00FF275C{0:02}', {0})")


@pytest.mark.parametrize("form", READERS)
def test_rows_copied_and_followed_are_the_source_s(pool, broker, program, form):
    source = conftest.skipping(pool.get, "mariadb", "source")
    source.reset()
    source.sql("CREATE DATABASE shop", f"CREATE TABLE shop.t ({COLUMNS})")
    names = "(id, n, f, t, d, e, s, c, j, b, bits)"
    source.sql(f"INSERT INTO shop.t {names} VALUES {', '.join(ROW.format(i) for i in range(1, 30))}", "INSERT INTO shop.t (id) VALUES (50)")
    broker.create(form, 3)
    task = kafka_task.make(program, source, broker, form,
                           **{"kafka.format": form, "kafka.partitions": "key", "kafka.utc_offset": ZONES[form]})
    kinds = {"shop.t": messages.kinds(source, "shop", "t")}

    def same():
        reader = READERS[form](kinds)
        for message in sorted(kafka_reader.read(broker, [form]), key=lambda one: (one.partition, one.offset)):
            reader.partition = message.partition
            reader.feed(message.value)
        assert reader.tables["shop.t"] == messages.truth(source, "shop", "t", zone="+00:00" if form == "avro" else ZONES[form])
        return reader

    task.synchronize()
    assert len(same().operations) == 30
    source.sql("UPDATE shop.t SET f = 0.1, e = NULL, c = 'new' WHERE id <= 10", "DELETE FROM shop.t WHERE id = 20",
               "UPDATE shop.t SET id = id + 100 WHERE id > 25", f"INSERT INTO shop.t {names} VALUES {ROW.format(40)}")
    task.synchronize()
    assert len(same().operations) > 30
    for action in ("suspend", "resync"):
        program.run("table", action, task.path, "shop.t").succeeded()
        source.sql("DELETE FROM shop.t WHERE id < 8 LIMIT 2", "UPDATE shop.t SET c = CONCAT(c, '!') WHERE id = 9")
    task.synchronize()
    assert same().statements == ["TRUNCATE TABLE `shop`.`t`"] * 3


def avro_origins(value):
    record = messages.DtsAvro({}, version=None).decode(value)
    assert record["sourceTxid"] == record["tags"]["GTID"] and record["sourceTimestamp"] * 1000 == record["bornTimestamp"]
    return {"id": record["id"], "place": record["sourcePosition"], "gtid": record["sourceTxid"], "server": record["tags"]["server_id"],
            "version": record["source"]["version"], "ddl": record["operation"] == "DDL"}


def canal_origins(value):
    message = json.loads(value)
    return {"id": message["id"], "gtid": message["gtid"], "ddl": message["isDdl"]}


def shareplex_origins(value):
    message = json.loads(value)
    meta = message["meta"]
    assert meta["idx"] == f"{meta['seq']}/{meta['size']}"
    return {"place": meta["scn"], "gtid": meta["trans"], "seq": meta["seq"], "size": meta["size"], "ddl": "sql" in message}


@pytest.mark.parametrize("kind, form, origins", (("mariadb", "avro", avro_origins), ("mysql9", "avro", avro_origins),
                                                 ("mariadb", "canal-json", canal_origins), ("mysql9", "shareplex-json", shareplex_origins)))
def test_a_message_tells_which_transaction_it_is_of_and_where_that_stands(pool, broker, program, kind, form, origins):
    source = conftest.skipping(pool.get, kind, "source", **({"gtid": True} if kind == "mysql9" else {}))
    source.reset()
    source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)")
    topic = f"origins-{kind}-{form}"
    task = kafka_task.make(program, source, broker, topic, **{"kafka.format": form, "kafka.ignore_ddl": "no"})
    task.synchronize()
    done = []                # of each transaction: its rows, where the log ended before it and after it, its id

    def transaction(*statements, rows):
        before, ids = source.log_position(), gtids()
        with contextlib.closing(source.connect("shop", autocommit=False)) as session, session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            session.commit()
        (mine,) = gtids() - ids
        done.append((rows, before, source.log_position(), mine))

    def gtids():
        """The ids of the last transaction that the server has, each by itself."""
        if kind == "mariadb":
            return {source.value("SELECT @@gtid_binlog_pos")}
        uuid, _, ranges = source.value("SELECT @@gtid_executed").replace("\n", "").partition(":")
        return {f"{uuid}:{ranges.rpartition('-')[2].rpartition(':')[2]}"}

    transaction("INSERT INTO t VALUES (1, 1), (2, 2)", "UPDATE t SET v = 3 WHERE id = 1", rows=3)
    transaction("DELETE FROM t WHERE id = 2", rows=1)
    transaction("ALTER TABLE t ADD w INT", rows=1)
    task.synchronize()
    found = [origins(one.value) for one in kafka_reader.read(broker, [topic])]
    assert len(found) == 5 and [one["ddl"] for one in found] == [False] * 4 + [True]
    assert all(a["id"] < b["id"] for a, b in zip(found, found[1:]) if "id" in a)
    left = iter(found)
    for rows, before, after, gtid in done:
        for number in range(1, rows + 1):
            one = next(left)
            assert one["gtid"] == gtid
            assert (one.get("seq", number), one.get("size", rows)) == (number, rows)
            if "place" in one:
                offset, _, file = one["place"].partition("@")
                assert int(file) == int(before[0].rpartition(".")[2]) and before[1] < int(offset) <= after[1]
            if form == "avro":
                assert one["version"] == source.value("SELECT VERSION()") and one["server"] == str(source.value("SELECT @@server_id"))
