"""MySQL to Kafka in each format, read from a real broker by the formats' own readers (messages.py): tables that are copied and
followed come out as the source has them."""

import types

import conftest
import kafka_reader
import messages
import pytest

READERS = {"avro": lambda kinds: messages.DtsAvro(kinds, version=""), "canal-json": messages.CanalJson, "shareplex-json": messages.SharePlexJson}
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
    there = types.SimpleNamespace(host=broker.host, port=broker.ports["plain"])
    broker.create(form, 3)
    settings = {**{f"destination.{key}": None for key in ("account", "password_env", "connection")}, "source.connection": None,
                "sync.incremental": None, "sync.existing_tables": None, "destination.topic": form, "kafka.format": form,
                "kafka.partitions": "key", "kafka.utc_offset": ZONES[form]}
    task = program.task("queue", types.SimpleNamespace(source=source, destination=there), ["shop"], flow="mysql-to-kafka", settings=settings)
    kinds = {"shop.t": messages.kinds(source, "shop", "t")}

    def same():
        reader = READERS[form](kinds)
        for message in sorted(kafka_reader.read(broker, [form]), key=lambda one: (one.partition, one.offset)):
            reader.feed(message.value)
        assert reader.tables["shop.t"] == messages.truth(source, "shop", "t", zone="+00:00" if form == "avro" else ZONES[form])
        return reader.operations

    task.synchronize()
    assert len(same()) == 30
    source.sql("UPDATE shop.t SET f = 0.1, e = NULL, c = 'new' WHERE id <= 10", "DELETE FROM shop.t WHERE id = 20",
               "UPDATE shop.t SET id = id + 100 WHERE id > 25", f"INSERT INTO shop.t {names} VALUES {ROW.format(40)}")
    task.synchronize()
    assert len(same()) > 30
