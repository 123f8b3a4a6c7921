"""What goes over the wire, compressed: copied and followed, also in packets larger than the protocol's."""

import pytest

import compare

LARGE = 20 << 20            # bytes: more than a packet of the protocol has
MOST = 4 << 20              # … of what MySQL 5.6 stores with its small log
SETTINGS = {"source.compression": "zlib", "destination.compression": "zlib"}


def bytes_of(server, counter):
    return int(server.sql(f"SHOW GLOBAL STATUS LIKE '{counter}'")[0][1])


@pytest.mark.pairs("mariadb-mariadb", "mysql56-mariadb", "mysql9-mysql9")
@pytest.mark.source(max_allowed_packet="128M")
@pytest.mark.destination(max_allowed_packet="128M")
def test_rows_of_any_size_are_copied_and_followed_compressed(pair, program):
    large = MOST if pair.source.flavor == "mysql56" else LARGE
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, body LONGTEXT)",
                    f"INSERT INTO d.t VALUES (1, REPEAT('a', {large})), (2, 'small'), (3, '')")
    task = program.task("t", pair, ["d"], settings=SETTINGS)
    before = bytes_of(pair.source, "Bytes_sent"), bytes_of(pair.destination, "Bytes_received")
    task.synchronize()
    pair.source.sql(f"INSERT INTO d.t VALUES (4, REPEAT('b', {large}))", "UPDATE d.t SET body = 'x' WHERE id = 2",
                    "DELETE FROM d.t WHERE id = 3")
    task.synchronize()
    assert bytes_of(pair.source, "Bytes_sent") - before[0] < large / 4
    assert bytes_of(pair.destination, "Bytes_received") - before[1] < large / 4
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []


@pytest.mark.pairs("mysql9-mysql9")
def test_a_server_that_does_not_compress_is_refused_before_anything_is_done(pair, program):
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)")
    pair.destination.set_global(protocol_compression_algorithms="uncompressed")
    task = program.task("t", pair, ["d"], settings=SETTINGS)
    done = task.command("precheck")
    assert done.code == 1, done
    assert "the server does not compress the connection" in done.out
    assert "protocol_compression_algorithms" in done.out
