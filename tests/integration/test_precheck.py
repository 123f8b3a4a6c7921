"""The precheck on real servers: each check is failed, what it prints as its remedy is executed as it stands, and then
it passes."""

import shlex

import pytest

import rds
import servers

SHOP = """CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(50)) ENGINE=InnoDB;
CREATE TABLE shop.items (id INT PRIMARY KEY, order_id INT, CONSTRAINT fk1 FOREIGN KEY (order_id) REFERENCES shop.orders (id)
 ON DELETE CASCADE) ENGINE=InnoDB; INSERT INTO shop.orders VALUES (1, 'a'), (2, 'b')"""

every_product = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mysql9")
one_pair = pytest.mark.pairs("mariadb-mariadb")


def precheck(task):
    """The findings by code, and whether it passed as a whole."""
    result = task.precheck()
    assert result.code in (0, 1), result
    found = {finding["code"]: finding for finding in result.json["findings"]}
    assert result.json["passed"] == (result.code == 0), result
    return found, result.json["passed"]


def bad(found):
    return {code: finding for code, finding in found.items() if finding["verdict"] not in ("passed", "skipped")}


def fails(task, code, verdict="failed"):
    finding = precheck(task)[0][code]
    assert finding["verdict"] == verdict, finding
    assert finding["found"] and finding["needed"], finding
    return finding


def passes(task, code):
    finding = precheck(task)[0][code]
    assert finding["verdict"] == "passed", finding
    return finding


def carry_out(pair, program, finding):
    """Do exactly what the remedy says, as an administrator would."""
    assert finding["remedy"], finding
    if finding["remedy_where"] is None:
        for line in finding["remedy"].splitlines():
            command, *args = shlex.split(line)
            assert command == "rds-sync"
            program.run(*args).succeeded()
        return
    server = {"source": pair.source, "destination": pair.destination}[finding["remedy_where"]]
    with server.connect() as connection:
        for statement in finding["remedy"].split(";\n"):
            connection.cursor().execute(statement.rstrip(";"))


def mend(task, pair, program, code, verdict="failed"):
    """Fails, is mended by its remedy, passes. The finding as it was."""
    finding = fails(task, code, verdict)
    carry_out(pair, program, finding)
    passes(task, code)
    return finding


@pytest.mark.smoke
def test_a_healthy_pair_passes_without_a_warning(pair, program):
    pair.source.sql(SHOP)
    found, passed = precheck(program.task("shop", pair, ["shop"]))
    assert not bad(found), bad(found)
    assert passed
    assert len(found) > 30


# --- connections ------------------------------------------------------------------------------------------------

@one_pair
@pytest.mark.parametrize("side, code", (("source", "CHECK_CONN_SRC"), ("destination", "CHECK_CONN_DEST")))
def test_a_server_that_can_not_be_reached(pair, program, side, code):
    pair.source.sql(SHOP)
    wrong = servers.Account("root", "wrong")
    right = servers.Account("root", "")
    accounts = (wrong, right) if side == "source" else (right, wrong)
    task = program.task("shop", pair, ["shop"], accounts=accounts)
    finding = fails(task, code)
    assert "connecting failed" in finding["found"]
    assert "1045" in finding["explain"]
    found, passed = precheck(task)
    assert not passed
    skipped = {finding["code"] for finding in found.values() if finding["verdict"] == "skipped"}
    assert {"CHECK_SRC", "CHECK_SAME_OBJ", "CHECK_SQL_MODE"} <= skipped
    assert not any(finding["verdict"] == "running" for finding in found.values())
    task = program.task("shop", pair, ["shop"])
    passes(task, code)


# --- privileges -------------------------------------------------------------------------------------------------

def bare_account(server, name="dts"):
    return server._account(name, "dts-Secret-1", "%")                 # pylint: disable=protected-access


@every_product
def test_an_account_without_privileges_at_the_source(pair, program):
    pair.source.sql(SHOP, "CREATE DATABASE `my_other-db`; CREATE TABLE `my_other-db`.t (a INT PRIMARY KEY)")
    accounts = (bare_account(pair.source), pair.destination.destination_account("shop", "my_other-db"))
    task = program.task("shop", pair, ["shop", "`my_other-db`.t"], accounts=accounts)
    finding = mend(task, pair, program, "CHECK_AUTH_SRC")
    assert "REPLICATION SLAVE" in finding["found"] and "SELECT ON shop.*" in finding["found"]
    assert finding["remedy_where"] == "source"


@every_product
def test_tables_that_are_locked_while_they_are_copied(pair, program):
    """Which is for the account to be allowed to."""
    pair.source.sql(SHOP, "CREATE DATABASE loose; CREATE TABLE loose.a (v INT) ENGINE=MyISAM; CREATE TABLE loose.b (v INT) ENGINE=MyISAM;"
                    "CREATE TABLE shop.keyed (id INT PRIMARY KEY) ENGINE=MyISAM; CREATE TABLE shop.plain (v INT) ENGINE=InnoDB")
    account = bare_account(pair.source)
    pair.source.sql(f"GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {account}")
    task = program.task("shop", pair, ["shop", "loose"], accounts=(account, servers.Account("root", "")), settings={"sync.lock_for_keyless": "yes"})
    finding = fails(task, "CHECK_AUTH_SRC")
    assert finding["found"] == "missing: LOCK TABLES ON loose.*" and finding["remedy"].count("GRANT") == 1
    pair.source.sql(f"GRANT LOCK TABLES ON loose.* TO {account}")
    if pair.source.flavor == "mariadb":
        passes(task, "CHECK_AUTH_SRC")
    else:
        assert "LOCK TABLES ON shop.*" in mend(task, pair, program, "CHECK_AUTH_SRC", "warning")["found"]


@every_product
def test_an_account_without_privileges_at_the_destination(pair, program):
    pair.source.sql(SHOP, "CREATE VIEW shop.v AS SELECT 1 AS x; CREATE PROCEDURE shop.p() SELECT 1")
    accounts = (servers.Account("root", ""), bare_account(pair.destination))
    task = program.task("shop", pair, ["shop"], rename=["shop -> copy"], accounts=accounts)
    finding = mend(task, pair, program, "CHECK_AUTH_DEST")
    for privilege in ("INSERT", "CREATE VIEW", "CREATE ROUTINE"):
        assert privilege in finding["found"]
    assert "EVENT" not in finding["remedy"]
    assert "`copy`.*" in finding["remedy"] and "`dts`.*" in finding["remedy"]


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_privileges_by_a_role(pair, program):
    pair.source.sql(SHOP)
    account = bare_account(pair.source)
    role = "reader" if pair.source.flavor == "mariadb" else "reader@'%'"
    pair.source.sql(f"CREATE ROLE {role}; GRANT SELECT ON shop.* TO {role};"
                    f"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {role}; GRANT {role} TO {account}")
    pair.source.sql(f"SET DEFAULT ROLE {role} " + ("FOR" if pair.source.flavor == "mariadb" else "TO") + f" {account}")
    try:
        accounts = (account, servers.Account("root", ""))
        passes(program.task("shop", pair, ["shop"], accounts=accounts), "CHECK_AUTH_SRC")
    finally:
        pair.source.sql(f"DROP ROLE {role}")


@every_product
def test_an_account_that_can_not_see_all_objects(pair, program):
    pair.source.sql(SHOP)
    pair.source.sql("CREATE PROCEDURE shop.p() SELECT 1")
    account = bare_account(pair.source)
    pair.source.sql(f"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {account}; GRANT SELECT ON shop.* TO {account}")
    task = program.task("shop", pair, ["shop"], accounts=(account, servers.Account("root", "")))
    mend(task, pair, program, "CHECK_AUTH_SRC_PROGRAMS", "warning")
    assert bad(precheck(task)[0]).keys() <= {"CHECK_FENCE"}
    assert "shop.p" not in str(precheck(task)[0]["CHECK_OBJECT_TYPE"])


@every_product
def test_definers_that_the_destination_s_account_may_not_name(pair, program):
    pair.source.sql(SHOP)
    pair.source.set_global(log_bin_trust_function_creators=1)
    pair.source.sql("CREATE DEFINER=somebody@'%' VIEW shop.v AS SELECT 1 AS x; "
                    "CREATE FUNCTION shop.f() RETURNS INT DETERMINISTIC RETURN 1")
    pair.destination.set_global(log_bin_trust_function_creators=0)
    account = pair.destination.destination_account("shop")
    task = program.task("shop", pair, ["shop"], accounts=(servers.Account("root", ""), account))
    finding = mend(task, pair, program, "CHECK_SUPER_AUTH_DEST", "warning")
    assert set(finding["objects"]) == {"shop.v", "shop.f"}
    assert "log_bin_trust_function_creators" in finding["remedy"]


@pytest.mark.pairs("mysql56-mysql9")
def test_passwords_of_the_old_format(pair, program):
    pair.source.sql(SHOP)
    pair.source.set_global(old_passwords=1)
    task = program.task("shop", pair, ["shop"])
    mend(task, pair, program, "CHECK_MYSQL_PASSOWRD_FORMAT", "warning")


# --- the binary log ---------------------------------------------------------------------------------------------

def other_source(pair, server):
    class Other:                                                      # pylint: disable=too-few-public-methods
        source = server
        destination = pair.destination
    return Other


@every_product
def test_no_binary_log(pair, program, new_server):
    server = new_server(pair.source.flavor, log_bin=None, skip_log_bin=True, gtid=False)
    server.sql(SHOP)
    task = program.task("shop", other_source(pair, server), ["shop"])
    finding = fails(task, "CHECK_BINLOG_ON")
    assert "log_bin" in finding["explain"]
    assert not precheck(task)[1]
    server.restart(log_bin="binlog", skip_log_bin=None)
    passes(task, "CHECK_BINLOG_ON")


@every_product
def test_statements_in_the_log(pair, program):
    pair.source.sql(SHOP)
    pair.source.set_global(binlog_format="STATEMENT")
    finding = mend(program.task("shop", pair, ["shop"]), pair, program, "CHECK_BINLOG_MODE")
    assert (finding["found"], finding["needed"]) == ("STATEMENT", "binlog_format=ROW")


@every_product
@pytest.mark.parametrize("image", ("MINIMAL", "NOBLOB"))
def test_incomplete_row_images(pair, program, image):
    pair.source.sql(SHOP)
    pair.source.set_global(binlog_row_image=image)
    assert mend(program.task("shop", pair, ["shop"]), pair, program, "CHECK_BINLOG_ROW_IMAGE")["found"] == image


@every_product
def test_no_server_id(pair, program):
    pair.source.sql(SHOP)
    pair.source.set_global(server_id=1)
    finding = mend(program.task("shop", pair, ["shop"]), pair, program, "CHECK_SERVER_ID", "warning")
    assert finding["ignorable"]


@every_product
def test_a_file_of_the_log_is_missing(pair, program, new_server):
    server = new_server(pair.source.flavor)
    server.sql(SHOP, "FLUSH LOGS", "FLUSH LOGS", "FLUSH LOGS")
    files = [name for name, *_ in server.sql("SHOW BINARY LOGS")]
    (server.datadir / files[1]).unlink()
    other = other_source(pair, server)
    task = program.task("shop", other, ["shop"])
    finding = fails(task, "CHECK_BINLOG_EXIST", "warning")
    assert files[1] in finding["found"]
    assert finding["objects"] == [files[1]]

    def purged():       # MariaDB purges no file whose transactions InnoDB has not written yet
        carry_out(other, program, finding)
        return precheck(task)[0]["CHECK_BINLOG_EXIST"]["verdict"] == "passed"
    rds.wait_until(purged, "the files to be purged")


@every_product
def test_the_newest_file_of_the_log_is_missing(pair, program, new_server):
    server = new_server(pair.source.flavor)
    server.sql(SHOP, "FLUSH LOGS")
    (server.datadir / server.log_position()[0]).unlink()
    task = program.task("shop", other_source(pair, server), ["shop"])
    finding = fails(task, "CHECK_BINLOG_EXIST")
    carry_out(other_source(pair, server), program, finding)
    assert precheck(task)[0]["CHECK_BINLOG_EXIST"]["verdict"] in ("warning", "passed")


@every_product
def test_a_log_that_is_not_kept_for_long(pair, program):
    pair.source.sql(SHOP)
    if pair.source.flavor == "mysql56":
        pair.source.set_global(expire_logs_days=1)
    else:
        pair.source.set_global(binlog_expire_logs_seconds=3600)
    mend(program.task("shop", pair, ["shop"]), pair, program, "CHECK_BINLOG_RETENTION", "warning")


@every_product
def test_a_database_that_is_not_logged(pair, program, new_server):
    for option in ({"binlog_ignore_db": "shop"}, {"binlog_do_db": "other"}):
        server = new_server(pair.source.flavor, **option)
        server.sql(SHOP, "CREATE DATABASE other; CREATE TABLE other.t (a INT PRIMARY KEY)")
        finding = fails(program.task("shop", other_source(pair, server), ["shop"]), "CHECK_BINLOG_FILTER")
        assert finding["objects"] == ["shop"]
        passes(program.task("other", other_source(pair, server), ["other"]), "CHECK_BINLOG_FILTER")


@every_product
def test_a_replica_that_does_not_log_what_it_takes_over(pair, program, new_server):
    name = "log_replica_updates" if pair.source.flavor == "mysql9" else "log_slave_updates"
    server = new_server(pair.source.flavor, gtid=False, **{name: "OFF" if pair.source.flavor == "mysql9" else "0"})
    server.sql(SHOP)
    task = program.task("shop", other_source(pair, server), ["shop"])
    passes(task, "CHECK_LOG_SLAVE_UPDATES")
    server.sql("CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_USER='x'" if pair.source.flavor == "mysql9"
               else "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_USER='x'")
    fails(task, "CHECK_LOG_SLAVE_UPDATES")
    server.restart(**{name: "ON"}, **({"skip_replica_start": True} if pair.source.flavor == "mysql9" else {"skip_slave_start": True}))
    passes(task, "CHECK_LOG_SLAVE_UPDATES")


@pytest.mark.pairs("mysql56-mysql9")
def test_no_safe_start(pair, program):
    pair.source.sql(SHOP)
    accounts = (pair.source.source_account("shop"), pair.destination.destination_account("shop"))
    mend(program.task("shop", pair, ["shop"], accounts=accounts), pair, program, "CHECK_FENCE")


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_safe_start_with_the_documented_privileges(pair, program):
    pair.source.sql(SHOP)
    accounts = (pair.source.source_account("shop"), pair.destination.destination_account("shop"))
    task = program.task("shop", pair, ["shop"], accounts=accounts)
    passes(task, "CHECK_FENCE")
    assert not bad(precheck(task)[0])


@pytest.mark.pairs("mysql9-mysql9", "mysql56-mysql9")
def test_commits_in_another_order_than_the_log_s(pair, program):
    pair.source.sql(SHOP)
    pair.source.set_global(binlog_order_commits=0)
    mend(program.task("shop", pair, ["shop"]), pair, program, "CHECK_FENCE")


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_prepared_transactions(pair, program):
    pair.source.sql(SHOP)
    with pair.source.connect() as connection:
        cursor = connection.cursor()
        for statement in ("XA START 'x1'", "INSERT INTO shop.orders VALUES (9, 'x')", "XA END 'x1'", "XA PREPARE 'x1'"):
            cursor.execute(statement)
    task = program.task("shop", pair, ["shop"])
    try:
        assert fails(task, "CHECK_XA")["objects"] == ["x1"]
    finally:
        pair.source.end_prepared("ROLLBACK", "'x1'")
    passes(task, "CHECK_XA")


# --- objects ----------------------------------------------------------------------------------------------------

@every_product
def test_tables_without_rows_of_their_own(pair, program):
    pair.source.sql(SHOP, "CREATE TABLE shop.m1 (a INT PRIMARY KEY) ENGINE=MyISAM;"
                    "CREATE TABLE shop.m (a INT PRIMARY KEY) ENGINE=MRG_MyISAM UNION=(shop.m1)")
    assert fails(program.task("shop", pair, ["shop"]), "CHECK_ENGINE")["objects"] == ["shop.m"]
    task = program.task("shop", pair, ["shop"], settings={"objects.exclude": "shop.m"})
    passes(task, "CHECK_ENGINE")
    passes(task, "CHECK_OBJECT_TYPE")


@one_pair
def test_objects_that_are_not_there(pair, program):
    pair.source.sql(SHOP)
    finding = fails(program.task("shop", pair, ["shop.orders", "shop.none", "nodb"]), "CHECK_OBJECTS")
    assert finding["objects"] == ["shop.none", "nodb"]
    passes(program.task("shop", pair, ["shop.orders"]), "CHECK_OBJECTS")


@one_pair
def test_objects_that_can_not_be_synchronized(pair, program):
    pair.source.sql(SHOP, "CREATE TABLE shop.gone (a INT); CREATE VIEW shop.v AS SELECT a FROM shop.gone; DROP TABLE shop.gone")
    task = program.task("shop", pair, ["shop"])
    assert fails(task, "CHECK_OBJECT_TYPE", "warning")["objects"] == ["shop.v"]
    pair.source.sql("DROP VIEW shop.v; CREATE TABLE shop.h (a INT PRIMARY KEY) WITH SYSTEM VERSIONING")
    finding = fails(task, "CHECK_OBJECT_TYPE")
    assert finding["objects"] == ["shop.h"] and not finding["ignorable"]
    pair.source.sql("ALTER TABLE shop.h DROP SYSTEM VERSIONING")
    passes(task, "CHECK_OBJECT_TYPE")
    pair.source.sql("CREATE TABLE shop.stay (room INT, a DATE, b DATE, PERIOD FOR p (a, b), UNIQUE (room, p WITHOUT OVERLAPS))")
    assert fails(task, "CHECK_OBJECT_TYPE")["objects"] == ["shop.stay"]


@every_product
def test_tables_without_a_key(pair, program):
    pair.source.sql(SHOP, "CREATE TABLE shop.log (line TEXT) ENGINE=InnoDB; INSERT INTO shop.log VALUES ('x'), ('y');"
                    "CREATE TABLE shop.nul (a INT, UNIQUE (a)) ENGINE=InnoDB; CREATE TABLE shop.good (a INT NOT NULL, UNIQUE (a))")
    task = program.task("shop", pair, ["shop"])
    finding = mend(task, pair, program, "CHECK_PRIMARY_KEY", "warning")
    assert finding["objects"] == ["shop.log", "shop.nul"] and finding["ignorable"]
    assert pair.source.sql("SELECT COUNT(*) FROM shop.log") == ((2,),)


@every_product
def test_a_parent_table_that_is_not_selected(pair, program):
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop.items"])
    finding = mend(task, pair, program, "CHECK_CONSTRAINT")
    assert finding["objects"] == ["shop.items"]
    assert "shop.orders" in finding["explain"]
    explain = precheck(task)[0]["CHECK_CONSTRAINT"]
    assert explain["found"].startswith("1 ")        # the cascade, which is no obstacle


@pytest.mark.pairs("mariadb-mariadb", "mysql56-mysql9")
def test_names_that_the_destination_does_not_tell_apart(pair, program, new_server):
    server = new_server(pair.source.flavor, lower_case_table_names=1)
    pair.source.sql(SHOP, "CREATE TABLE shop.Orders (a INT PRIMARY KEY)")

    class Other:                                                      # pylint: disable=too-few-public-methods
        source = pair.source
        destination = server
    finding = mend(program.task("shop", Other, ["shop"]), Other, program, "CHECK_CASE")
    assert len(finding["objects"]) == 1


@one_pair
def test_a_table_that_is_renamed_to_another_s_name(pair, program):
    """Rows of both would come into one."""
    pair.source.sql(SHOP, "CREATE TABLE shop.orders_v2 (id INT PRIMARY KEY)", "INSERT INTO shop.orders_v2 VALUES (1), (2), (3)")
    task = program.task("shop", pair, ["shop"], rename=["shop.orders -> orders_v2"])
    assert mend(task, pair, program, "CHECK_CASE")["objects"] == ["shop.orders_v2"]
    task.synchronize()
    assert pair.destination.value("SELECT COUNT(*) FROM shop.orders_v2_2") == 3


@one_pair
def test_another_table_gets_the_name_of_one_that_is_renamed_after_the_precheck(pair, program, binary):
    rds.needs_steps(binary)
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"], rename=["shop.orders -> orders_v2"])
    running = task.stand_at("attached", "--until=synchronized")
    pair.source.sql("CREATE TABLE shop.orders_v2 (id INT PRIMARY KEY)", "INSERT INTO shop.orders_v2 VALUES (1), (2), (3)")
    running.go_on()
    assert "RS-1016" in running.wait().exited(1).err
    assert pair.destination.sql("SHOW DATABASES LIKE 'shop'") == ()


@one_pair
def test_an_online_schema_change_under_way(pair, program):
    pair.source.sql(SHOP, "CREATE TABLE shop._orders_gho (id INT PRIMARY KEY); CREATE TABLE shop._nothing_new (id INT PRIMARY KEY)")
    task = program.task("shop", pair, ["shop"])
    assert mend(task, pair, program, "CHECK_GHOST", "warning")["objects"] == ["shop._orders_gho"]


@one_pair
def test_tables_that_are_left_out_for_their_names(pair, program):
    """online_ddl leaves out working tables of gh-ost; a user's own table may be called like one."""
    pair.source.sql(SHOP, "CREATE TABLE shop._kept_old (id INT PRIMARY KEY); CREATE TABLE shop._named_old (id INT PRIMARY KEY)",
                    "CREATE DATABASE other; CREATE TABLE other._not_selected_old (id INT PRIMARY KEY)")
    task = program.task("shop", pair, ["shop", "shop._named_old"], settings={"sync.online_ddl": "gh-ost"})
    assert mend(task, pair, program, "CHECK_LEFT_OUT", "warning")["objects"] == ["shop._kept_old"]
    pair.source.sql("CREATE TABLE shop.tp_17_del_orders (id INT PRIMARY KEY)")
    assert precheck(program.task("plain", pair, ["shop"]))[0]["CHECK_LEFT_OUT"]["verdict"] == "skipped", "a name of DMS's is nobody else's"


@pytest.mark.pairs("mariadb-mysql9")
def test_what_the_other_product_lacks(pair, program):
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, u UUID, a INET6,"
                    " n VARCHAR(20) COLLATE utf8mb4_uca1400_ai_ci) ENGINE=InnoDB; CREATE SEQUENCE shop.s")
    task = program.task("shop", pair, ["shop"])
    finding = fails(task, "CHECK_TRANSLATION", "warning")
    for word in ("shop.t.u: uuid becomes ", "shop.t.a: inet6 becomes ", "shop.t.n: utf8mb4_uca1400"):
        assert word in finding["explain"], finding
    assert "shop.s" in finding["objects"]
    pair.source.sql("DROP SEQUENCE shop.s; ALTER TABLE shop.t DROP u, DROP a, DROP n")
    assert passes(task, "CHECK_TRANSLATION")["explain"] is None


@every_product
def test_objects_that_can_not_be_made_under_new_names(pair, program):
    pair.source.sql(SHOP)
    pair.source.sql("CREATE PROCEDURE shop.p() SELECT note FROM shop.orders")
    passes(program.task("shop", pair, ["shop"], rename=["shop -> copy"]), "CHECK_TRANSLATION")
    task = program.task("shop", pair, ["shop"], rename=["shop.orders.note -> remark"])
    finding = fails(task, "CHECK_TRANSLATION", "warning")
    assert finding["objects"] == ["shop.p"] and finding["ignorable"]
    pair.source.sql("DROP PROCEDURE shop.p")
    passes(task, "CHECK_TRANSLATION")


# --- both servers -----------------------------------------------------------------------------------------------

def test_a_destination_older_than_its_source(pool, program):
    class Pair:                                                       # pylint: disable=too-few-public-methods
        source = pool.get("mysql9", "source")
        destination = pool.get("mysql56", "destination")
    Pair.source.reset()
    Pair.destination.reset()
    Pair.source.sql("CREATE DATABASE shop CHARACTER SET latin1; CREATE TABLE shop.t (a INT PRIMARY KEY)")
    assert fails(program.task("shop", Pair, ["shop"]), "CHECK_SRC", "warning")["ignorable"]
    task = program.task("shop", Pair, ["shop"], settings={"precheck.ignore": "CHECK_SRC"})
    finding = precheck(task)[0]["CHECK_SRC"]
    assert finding["ignored"]


@every_product
def test_modes_under_which_statements_mean_something_else(pair, program):
    pair.source.sql(SHOP)
    pair.destination.set_global(sql_mode="ANSI_QUOTES,STRICT_ALL_TABLES")
    mend(program.task("shop", pair, ["shop"]), pair, program, "CHECK_SQL_MODE", "warning")
    assert pair.destination.value("SELECT @@GLOBAL.sql_mode") == "STRICT_ALL_TABLES"
    pair.source.set_global(sql_mode="PIPES_AS_CONCAT")
    mend(program.task("shop", pair, ["shop"]), pair, program, "CHECK_SQL_MODE", "warning")


@one_pair
def test_a_mapping_that_lands_on_its_own_source(pair, program):
    pair.source.sql(SHOP)

    class Same:                                                       # pylint: disable=too-few-public-methods
        source = destination = pair.source
    finding = fails(program.task("shop", Same, ["shop"]), "CHECK_SAME_SERVER")
    assert not finding["ignorable"]
    passes(program.task("shop", Same, ["shop"], rename=["shop -> shop_copy"]), "CHECK_SAME_SERVER")


@every_product
def test_a_read_only_destination(pair, program):
    pair.source.sql(SHOP)
    accounts = (servers.Account("root", ""), pair.destination.destination_account("shop"))
    task = program.task("shop", pair, ["shop"], accounts=accounts)
    pair.destination.set_global(read_only=1)
    mend(task, pair, program, "CHECK_DEST_WRITABLE")
    if pair.destination.flavor == "mysql9":
        pair.destination.set_global(super_read_only=1)
        mend(program.task("shop", pair, ["shop"]), pair, program, "CHECK_DEST_WRITABLE")


@every_product
def test_packets_smaller_than_the_source_s(pair, program):
    pair.source.sql(SHOP)
    pair.destination.set_global(max_allowed_packet=1024 * 1024)
    mend(program.task("shop", pair, ["shop"]), pair, program, "CHECK_MAX_PACKET", "warning")


@every_product
def test_without_load_data_local_the_precheck_passes(pair, program):
    pair.source.sql(SHOP)
    pair.destination.set_global(local_infile=0)
    task = program.task("shop", pair, ["shop"])
    finding = passes(task, "CHECK_LOCAL_INFILE")
    assert finding["found"].startswith("OFF")
    carry_out(pair, program, finding)
    assert passes(task, "CHECK_LOCAL_INFILE")["found"] == "ON"


@pytest.mark.pairs("mysql9-mysql9")
def test_more_data_than_space(pair, program):
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"])
    passes(task, "CHECK_DISK_SPACE")
    pair.source.sql("UPDATE mysql.innodb_table_stats SET clustered_index_size = 1 << 40 WHERE database_name = 'shop';"
                    "FLUSH TABLES")
    fails(task, "CHECK_DISK_SPACE", "warning")
    pair.source.sql("ANALYZE TABLE shop.orders, shop.items")
    passes(task, "CHECK_DISK_SPACE")


# --- what is at the destination already ---------------------------------------------------------------------------

@every_product
def test_tables_of_the_same_name(pair, program):
    pair.source.sql(SHOP, "CREATE VIEW shop.v AS SELECT 1 AS x")
    pair.destination.sql(SHOP, "CREATE VIEW shop.v AS SELECT 2 AS x; CREATE TABLE shop.orders_before_sync (a INT)")
    finding = mend(program.task("shop", pair, ["shop"]), pair, program, "CHECK_SAME_OBJ", "warning")
    assert finding["objects"] == ["shop.items", "shop.orders", "shop.v"] and finding["ignorable"]
    assert pair.destination.sql("SELECT COUNT(*) FROM shop.orders_before_sync2") == ((2,),)


@one_pair
def test_the_task_s_own_tables_are_not_in_its_way(pair, program):
    pair.source.sql(SHOP)
    task = named(program, pair, "one", ["shop"])
    task.run("--until=synchronized").succeeded()
    found, passed = precheck(task)
    assert passed, bad(found)
    assert found["CHECK_SAME_OBJ"]["verdict"] == "skipped"
    fails(named(program, pair, "two", ["shop"]), "CHECK_SAME_OBJ", "warning")


@one_pair
def test_names_are_compared_as_they_are_at_the_destination(pair, program):
    pair.source.sql(SHOP)
    pair.destination.sql("CREATE DATABASE shop; CREATE TABLE shop.orders (a INT); CREATE DATABASE copy; CREATE TABLE copy.o2 (a INT)")
    task = program.task("shop", pair, ["shop.orders"], rename=["shop.orders -> copy.o2"])
    assert fails(task, "CHECK_SAME_OBJ", "warning")["objects"] == ["copy.o2"]
    passes(program.task("shop", pair, ["shop.orders"], rename=["shop.orders -> copy.o3"]), "CHECK_SAME_OBJ")
    ignoring = program.task("shop", pair, ["shop.orders"], settings={"sync.existing_tables": "ignore"})
    assert precheck(ignoring)[0]["CHECK_SAME_OBJ"]["verdict"] == "skipped"


def into_existing(program, pair, settings=None, **kw):
    return program.task("shop", pair, ["shop"], settings={"sync.schema": "no", **(settings or {})}, **kw)


@every_product
def test_databases_that_nobody_makes(pair, program):
    pair.source.sql(SHOP)
    task = into_existing(program, pair)
    assert mend(task, pair, program, "CHECK_DB_EXIST")["objects"] == ["shop"]
    assert fails(task, "CHECK_DEST_SCHEMA")["objects"] == ["shop.items", "shop.orders"]
    pair.destination.sql("SET foreign_key_checks=0; DROP DATABASE shop", SHOP)
    passes(task, "CHECK_DEST_SCHEMA")


@every_product
def test_rows_in_the_destination_s_tables(pair, program):
    pair.source.sql(SHOP)
    pair.destination.sql(SHOP)
    finding = mend(into_existing(program, pair), pair, program, "CHECK_DEST_TABLE_EMPTY", "warning")
    assert finding["objects"] == ["shop.orders"] and finding["ignorable"]


@every_product
def test_tables_without_transactions_at_the_destination(pair, program):
    pair.source.sql(SHOP)
    pair.destination.sql("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(50)) ENGINE=MyISAM;"
                         "CREATE TABLE shop.items (id INT PRIMARY KEY, order_id INT) ENGINE=InnoDB")
    for settings in ({}, {"sync.schema": "yes", "sync.existing_tables": "ignore"}):
        pair.destination.sql("ALTER TABLE shop.orders ENGINE=MyISAM")
        finding = mend(into_existing(program, pair, settings), pair, program, "CHECK_ENGINE_DEST")
        assert finding["objects"] == ["shop.orders"]


@every_product
def test_triggers_at_the_destination(pair, program):
    pair.source.sql(SHOP)
    pair.destination.sql(SHOP, "CREATE TRIGGER shop.tr BEFORE INSERT ON shop.orders FOR EACH ROW SET NEW.note = 'x'")
    finding = mend(into_existing(program, pair), pair, program, "CHECK_TRIGGER", "warning")
    assert finding["objects"] == ["shop.tr"] and finding["ignorable"]


@every_product
def test_columns_that_the_destination_lacks(pair, program):
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, a VARCHAR(20) CHARACTER SET utf8mb4 NOT NULL,"
                    " b DECIMAL(9,2), c VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, UNIQUE (c)) ENGINE=InnoDB")
    pair.destination.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY) ENGINE=InnoDB")
    task = into_existing(program, pair)
    finding = mend(task, pair, program, "CHECK_DEST_SCHEMA")
    assert finding["objects"] == ["shop.t"] and not finding["ignorable"]
    pair.destination.sql("ALTER TABLE shop.t MODIFY a VARCHAR(20) CHARACTER SET latin1 NOT NULL,"
                         " MODIFY c VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, ADD UNIQUE (c)")
    finding = mend(task, pair, program, "CHECK_DEST_SCHEMA", "warning")
    assert "shop.t.a" in finding["explain"] and "shop.t.c" in finding["explain"] and finding["ignorable"]


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_column_that_can_not_be_written(pair, program):
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, a INT, g INT AS (a + 1))")
    pair.destination.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, a INT AS (1))")
    finding = fails(into_existing(program, pair), "CHECK_DEST_SCHEMA")
    assert "shop.t.a" in finding["explain"] and "shop.t.g" not in finding["explain"]
    pair.destination.sql("ALTER TABLE shop.t DROP a, ADD renamed INT")
    passes(into_existing(program, pair, rename=["shop.t.a -> renamed"]), "CHECK_DEST_SCHEMA")


# --- other tasks ------------------------------------------------------------------------------------------------

ID = {"one": "6a0c3bdc-52f4-4f7b-9a39-2f9d2d0d6c01", "two": "6a0c3bdc-52f4-4f7b-9a39-2f9d2d0d6c02"}


def named(program, pair, name, include, **kw):
    settings = {"task.id": ID[name], **kw.pop("settings", {})}
    return program.task(name, pair, include, settings=settings, **kw)


@one_pair
def test_other_accounts_on_the_same_server(pair, program):
    pair.source.sql(SHOP)
    task = named(program, pair, "one", ["shop"])
    passes(task, "CHECK_SAME_USER")
    account = pair.source.source_account("shop")
    named(program, pair, "two", ["shop"], rename=["shop -> elsewhere"], accounts=(account, servers.Account("root", "")))
    finding = fails(task, "CHECK_SAME_USER", "warning")
    assert finding["objects"] == ["two"] and finding["ignorable"]
    named(program, pair, "two", ["shop"], rename=["shop -> elsewhere"], accounts=(account, account),
          settings={"destination.host": pair.source.host, "destination.port": pair.source.port})
    finding = fails(task, "CHECK_SAME_USER", "warning")
    assert finding["objects"] == ["two"] and finding["explain"].count(account.name) == 1, "both of its sides are on that server"
    assert not fails(named(program, pair, "one", ["shop"], settings={"precheck.ignore": "CHECK_SAME_USER"}), "CHECK_SAME_USER",
                     "warning")["ignored"] is False


@one_pair
def test_two_tasks_with_the_same_target(pair, program):
    pair.source.sql(SHOP, "CREATE DATABASE shop2; CREATE TABLE shop2.orders (a INT PRIMARY KEY)")
    task = named(program, pair, "one", ["shop"])
    named(program, pair, "two", ["shop2.orders"], rename=["shop2.orders -> shop.orders"])
    finding = fails(task, "CHECK_TOPOLOGY", "warning")
    assert finding["objects"] == ["shop.orders"] and "two" in finding["explain"]
    named(program, pair, "two", ["shop2.orders"])
    passes(task, "CHECK_TOPOLOGY")


@one_pair
def test_a_circle_of_tasks(pair, program):
    pair.source.sql(SHOP)

    class Back:                                                       # pylint: disable=too-few-public-methods
        source, destination = pair.destination, pair.source
    task = named(program, pair, "one", ["shop"], rename=["shop -> copy"])
    named(program, Back, "two", ["copy"], rename=["copy -> shop"])
    assert fails(task, "CHECK_TOPOLOGY", "warning")["objects"] == ["copy"]
    named(program, Back, "two", ["copy"], rename=["copy -> archive"])
    passes(task, "CHECK_TOPOLOGY")


# --- flows that can't be started yet -------------------------------------------------------------------------------

@one_pair
def test_what_is_said_of_single_tables_fits_them(pair, program):
    """A flow that can't be started yet says so, and its source is looked at all the same; the destination is not spoken to."""
    pair.source.sql(SHOP)
    keys = {**{f"destination.{key}": None for key in ("host", "port", "connection")}, "sync.full": None, "sync.incremental": None,
            "destination.project": "p"}

    def task(**said):
        return program.task("k", pair, ["shop"], flow="mysql-to-datahub", settings={**keys, **said})

    found, passed = precheck(task(**{"objects.key.1": "shop.items: order_id ID"}))
    assert not passed and set(bad(found)) == {"CHECK_FLOW"}, bad(found)
    assert found["CHECK_BINLOG_ON"]["verdict"] == "passed" and found["CHECK_TABLE_SETTINGS"]["verdict"] == "passed", found
    finding = fails(task(**{"objects.key.1": "shop.orders: id region", "objects.key.2": "shop.items: order_id",
                            "objects.key.3": "shop.gone: id", "objects.exclude": "shop.items.order_id"}), "CHECK_TABLE_SETTINGS")
    for line in ("shop.orders: key: there is no column region", "shop.items: key: the column order_id is left out",
                 "shop.gone: there is no such table"):
        assert line in finding["explain"], finding


@one_pair
def test_a_conflict_policy_compares_columns_that_are_there(pair, program):
    pair.source.sql(SHOP)
    said = {"objects.conflict.1": "shop: use-max note", "objects.conflict.2": "shop.orders: ignore"}
    finding = fails(program.task("w", pair, ["shop"], flow="mysql-to-mysql-two-way", settings=said), "CHECK_TABLE_SETTINGS")
    assert finding["objects"] == ["shop.items"] and "conflict: there is no column note" in finding["explain"], finding
    said["objects.conflict.3"] = "shop.items: use-min order_id"
    passes(program.task("w", pair, ["shop"], flow="mysql-to-mysql-two-way", settings=said), "CHECK_TABLE_SETTINGS")


# --- as a whole -------------------------------------------------------------------------------------------------

@one_pair
def test_the_published_order(pair, program):
    pair.source.sql(SHOP)
    result = program.task("shop", pair, ["shop"]).precheck()
    codes = [finding["code"] for finding in result.json["findings"]]
    assert codes[:16] == ["CHECK_CONN_SRC", "CHECK_AUTH_SRC", "CHECK_CONN_DEST", "CHECK_AUTH_DEST", "CHECK_BINLOG_ON",
                          "CHECK_BINLOG_MODE", "CHECK_BINLOG_ROW_IMAGE", "CHECK_SERVER_ID", "CHECK_BINLOG_EXIST", "CHECK_ENGINE",
                          "CHECK_MYSQL_PASSOWRD_FORMAT", "CHECK_SRC", "CHECK_SAME_OBJ", "CHECK_SQL_MODE", "CHECK_SAME_USER",
                          "CHECK_TOPOLOGY"]
    assert len(set(codes)) == len(codes)


@one_pair
def test_an_ignored_warning_lets_the_precheck_pass(pair, program):
    pair.source.sql(SHOP, "CREATE TABLE shop.log (line TEXT) ENGINE=InnoDB")
    assert not precheck(program.task("shop", pair, ["shop"]))[1]
    assert precheck(program.task("shop", pair, ["shop"], settings={"precheck.ignore": "CHECK_PRIMARY_KEY"}))[1]


@one_pair
def test_the_precheck_changes_nothing(pair, program):
    pair.source.sql(SHOP)
    before = [server.log_position() for server in (pair.source, pair.destination)]
    precheck(program.task("shop", pair, ["shop"]))
    assert before == [server.log_position() for server in (pair.source, pair.destination)]
