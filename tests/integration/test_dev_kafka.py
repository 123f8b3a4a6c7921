import types, json, sys, re
import rds, kafka_reader, pymysql, servers
import pytest
P = json.load(open("/tmp/wt/.kafka-new/ports.json"))
broker = types.SimpleNamespace(host="127.0.0.1", ports=P["kafka"])
class S:
    host="127.0.0.1"; port=P["mysql"]
    def sql(self, *texts):
        c = pymysql.connect(host=self.host, port=self.port, user="root", autocommit=True)
        with c.cursor() as k:
            for t in texts:
                k.execute(t); 
            r = k.fetchall()
        c.close(); return r
source = S()
N = [0]
def setup():
    source.sql("DROP DATABASE IF EXISTS shop", "CREATE DATABASE shop", "USE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v VARCHAR(20))", "CREATE TABLE shop.k (a INT, b INT)",
      "INSERT INTO shop.t SELECT seq, CONCAT('v', seq) FROM seq_1_to_1000", "INSERT INTO shop.k SELECT seq, seq FROM seq_1_to_100")
def make(program, name, **kw):
    end = types.SimpleNamespace(host="127.0.0.1", port=P["kafka"]["plain"])
    return program.task(name, types.SimpleNamespace(source=source, destination=end), ["shop"], flow="mysql-to-kafka",
       settings={"destination.topic": "o-" + name, "destination.account": None, "destination.password_env": None, "destination.connection": None, "sync.existing_tables": None,
         "source.connection": None, "sync.incremental": None, "kafka.format": "canal-json", "kafka.partitions": "key", "kafka.topic_partitions": "3", **kw})
def check(name):
    ms = kafka_reader.read(broker, ["o-" + name])
    t = kafka_reader.Tables().take(ms)
    print(t.kinds, t.faults[:3], ms[:2], ms[-2:])
    assert t.lines("shop", "t") == kafka_reader.source_lines(source, "shop", "t", ["id", "v"])
    assert t.lines("shop", "k") == kafka_reader.source_lines(source, "shop", "k", ["a", "b"])
    assert not t.faults
    return t
def test_it(program):
    setup()
    import time; name="a%d" % time.time()
    task = make(program, name)
    r = task.run("--until=synchronized", seconds=60)
    print(r.out, r.err)
    print("\n".join(program.logged()[-30:]))
    assert r.code == 0
    source.sql("UPDATE shop.t SET v = 'x' WHERE id < 10", "DELETE FROM shop.t WHERE id > 990", "INSERT INTO shop.k VALUES (1,1)", "DELETE FROM shop.k WHERE a=50")
    r = task.run("--until=synchronized", seconds=60)
    print(r.out, r.err)
    print("\n".join(program.logged()[-30:]))
    check(name)
    meta = kafka_reader.read(broker, ["rds-sync-" + re.search(r"id = (\S+)", task.path.read_text()).group(1)])
    for m in meta: print(m.offset, m.key, (m.value or b"")[:200])
import random, threading, time
class Writer:
    def __init__(self, seed):
        self.r = random.Random(seed); self.stop = False; self.n = 0; self.pause=0.002
        self.t = threading.Thread(target=self.run); self.t.start()
    def run(self):
        c = pymysql.connect(host="127.0.0.1", port=P["mysql"], user="root", db="shop", autocommit=False)
        k = c.cursor(); r = self.r
        while not self.stop:
            for _ in range(r.randint(1, 5)):
                x = r.random(); i = r.randint(1, 3000)
                if x < .3: k.execute("INSERT IGNORE INTO t VALUES (%s, %s)", (i, str(r.random())[:18]))
                elif x < .6: k.execute("UPDATE t SET v = %s WHERE id = %s", (str(r.random())[:18], i))
                elif x < .7: k.execute("UPDATE IGNORE t SET id = %s WHERE id = %s", (r.randint(1, 3000), i))
                elif x < .8: k.execute("DELETE FROM t WHERE id = %s", (i,))
                elif x < .95: k.execute("INSERT INTO k VALUES (%s, %s)", (r.randint(1, 50), r.randint(1, 3)))
                else: k.execute("DELETE FROM k WHERE a = %s LIMIT 1", (r.randint(1, 50),))
            c.commit() if r.random() < .9 else c.rollback()
            self.n += 1
            time.sleep(self.pause)
        c.close()
    def end(self):
        self.stop = True; self.t.join()

@pytest.mark.parametrize("seed", range(3))
def test_kills(program, seed):
    setup()
    source.sql("INSERT INTO shop.t SELECT seq, CONCAT('v', seq) FROM seq_1001_to_3000", "USE shop") if False else None
    name="b%d" % (time.time()*10)
    task = make(program, name)
    w = Writer(seed); r = random.Random(seed + 100)
    try:
        for i in range(6):
            run = task.start("--until=synchronized")
            time.sleep(r.uniform(0.3, 6))
            run.kill()
        for step in ("kafka-fenced", "attached", "chunk-before-commit", "chunk-after-commit", "apply-begun", "apply-before-position", "apply-before-commit", "apply-after-commit:2"):
            died = task.crash_at(step, sure=False)
            print(step, died)
    finally:
        w.end()
    print("writer", w.n)
    r = task.run("--until=synchronized", seconds=60)
    print(r.out[-500:], r.err[-500:])
    assert r.code == 0
    check(name)
