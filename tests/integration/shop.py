#!/usr/bin/python3
"""The demo's world: two MariaDB servers, a shop's database in the first, and a writer that keeps it busy.

Run by tests/demo. Prints "home DIRECTORY" when all is there: below it are config/rds-sync/instances.ini and a task
file, tasks/shop.ini. Then takes one word a line on standard input and answers each with one line that begins with it:

    quiet       let the writer end its transaction and stop:   "quiet N transactions"
    compare     compare both sides row by row:                 "compare same" or "compare different", differences before
    count       the source's tables and rows:                  "count N tables, N rows"

At the end of its input, or at SIGTERM, everything is gone again, with what was started out of that home.
"""

import argparse
import concurrent.futures
import contextlib
import pathlib
import random
import sys
import threading
import time

import pymysql

import compare
import guard
import servers

SCHEMA = """
CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE shop;
CREATE TABLE categories (
  id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  parent_id SMALLINT UNSIGNED,
  name VARCHAR(60) NOT NULL,
  name_zh VARCHAR(60) NOT NULL COMMENT '中文名称',
  CONSTRAINT categories_parent FOREIGN KEY (parent_id) REFERENCES categories (id)
) ENGINE=InnoDB COMMENT='what the shop sells, as a tree';
CREATE TABLE products (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  category_id SMALLINT UNSIGNED NOT NULL,
  sku CHAR(12) CHARACTER SET ascii NOT NULL,
  name VARCHAR(120) NOT NULL,
  description TEXT,
  price DECIMAL(10,2) NOT NULL,
  stock INT NOT NULL DEFAULT 0,
  weight FLOAT,
  attributes JSON,
  active BOOLEAN NOT NULL DEFAULT TRUE,
  changed_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  UNIQUE KEY products_sku (sku),
  FULLTEXT KEY products_text (name, description),
  CONSTRAINT products_category FOREIGN KEY (category_id) REFERENCES categories (id)
) ENGINE=InnoDB;
CREATE TABLE customers (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(120) NOT NULL,
  name VARCHAR(80) NOT NULL,
  level ENUM('new','silver','gold','platinum') NOT NULL DEFAULT 'new',
  interests SET('books','games','garden','kitchen','music','sports') NOT NULL DEFAULT '',
  birthday DATE,
  balance DECIMAL(12,2) NOT NULL DEFAULT 0,
  created_at DATETIME NOT NULL,
  UNIQUE KEY customers_email (email),
  KEY customers_name (name(20))
) ENGINE=InnoDB;
CREATE TABLE addresses (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id INT UNSIGNED NOT NULL,
  city VARCHAR(60) NOT NULL,
  street VARCHAR(120) NOT NULL,
  location POINT,
  CONSTRAINT addresses_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) ENGINE=InnoDB;
CREATE TABLE orders (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id INT UNSIGNED NOT NULL,
  address_id INT UNSIGNED,
  status ENUM('placed','paid','shipped','delivered','returned') NOT NULL DEFAULT 'placed',
  note VARCHAR(255),
  placed_at DATETIME(3) NOT NULL,
  placed_on DATE GENERATED ALWAYS AS (CAST(placed_at AS DATE)) STORED,
  KEY orders_placed (placed_on, status),
  CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE,
  CONSTRAINT orders_address FOREIGN KEY (address_id) REFERENCES addresses (id) ON DELETE SET NULL
) ENGINE=InnoDB;
CREATE TABLE order_items (
  order_id BIGINT UNSIGNED NOT NULL,
  line TINYINT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  quantity SMALLINT UNSIGNED NOT NULL CHECK (quantity > 0),
  price DECIMAL(10,2) NOT NULL,
  amount DECIMAL(14,2) AS (quantity * price) VIRTUAL,
  PRIMARY KEY (order_id, line),
  CONSTRAINT items_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
  CONSTRAINT items_product FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB;
CREATE TABLE payments (
  reference BINARY(16) NOT NULL PRIMARY KEY,
  order_id BIGINT UNSIGNED NOT NULL,
  method ENUM('card','transfer','alipay','wechat') NOT NULL,
  amount DECIMAL(12,2) NOT NULL,
  paid_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  CONSTRAINT payments_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE
) ENGINE=InnoDB;
CREATE TABLE audit_log (
  at DATETIME(3) NOT NULL,
  what VARCHAR(200) NOT NULL,
  KEY audit_at (at)
) ENGINE=InnoDB COMMENT='no primary key';
CREATE VIEW order_totals AS
  SELECT o.id, o.customer_id, o.status, COUNT(*) AS positions, SUM(i.amount) AS total
  FROM orders o JOIN order_items i ON i.order_id = o.id GROUP BY o.id, o.customer_id, o.status;
"""

# Installed after the rows are there.
TRIGGER = """
CREATE TRIGGER orders_audit AFTER UPDATE ON shop.orders FOR EACH ROW
BEGIN
  IF OLD.status <> NEW.status THEN
    INSERT INTO shop.audit_log VALUES (NOW(3), CONCAT('订单 order ', NEW.id, ': ', OLD.status, ' → ', NEW.status));
  END IF;
END
"""

SURNAMES = ("王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "Smith", "Müller", "García", "Nguyễn", "Ivanova")
NAMES = ("伟", "芳", "秀英", "敏", "静", "丽", "强", "磊", "洋", "艳", "Anna", "José", "Zoë", "Björn", "Łukasz")
CITIES = ("杭州", "北京", "上海", "广州", "深圳", "成都", "Berlin", "São Paulo", "København", "Kraków")
GOODS = ("茶壶 teapot", "毛笔 brush", "自行车 bicycle", "相机 camera 📷", "耳机 headphones 🎧", "Gießkanne", "книга book",
         "钢琴 piano", "雨伞 umbrella ☂️", "café set")


def _pick(words, by):
    return f"ELT(1 + MOD({by}, {len(words)}), " + ", ".join(f"'{word}'" for word in words) + ")"


def rows(scale):
    """Statements that fill the tables: SCALE thousand orders, a third as many customers."""
    customers, orders = scale * 333, scale * 1000
    when = "TIMESTAMP '2024-01-01 00:00:00' + INTERVAL MOD(seq * 7919, 63072000) SECOND"
    return [
        "INSERT INTO categories (name, name_zh) VALUES ('everything', '全部'), ('home', '家居'), ('sports', '运动')",
        "INSERT INTO categories (parent_id, name, name_zh) SELECT 1 + MOD(seq, 3), CONCAT('category ', seq),"
        " CONCAT('分类', seq) FROM seq_1_to_30",
        "INSERT INTO products (category_id, sku, name, description, price, stock, weight, attributes)"
        f" SELECT 1 + MOD(seq, 33), CONCAT('SKU', LPAD(seq, 9, '0')), CONCAT({_pick(GOODS, 'seq')}, ' ', seq),"
        " REPEAT(CONCAT('说明 ', MD5(seq), ' '), 1 + MOD(seq, 12)), MOD(seq * 7919, 100000) / 100, MOD(seq, 500),"
        " MOD(seq * 31, 9973) / 7, JSON_OBJECT('颜色', CONCAT('#', SUBSTR(MD5(seq), 1, 6)), 'sizes',"
        " JSON_ARRAY(MOD(seq, 9), MOD(seq, 5))) FROM seq_1_to_2000",
        "INSERT INTO customers (email, name, level, interests, birthday, balance, created_at)"
        f" SELECT CONCAT('customer', seq, '@example.com'), CONCAT({_pick(SURNAMES, 'seq')}, ' ',"
        f" {_pick(NAMES, 'seq DIV 15')}), 1 + MOD(seq, 4), MOD(seq, 64),"
        " DATE '1950-01-01' + INTERVAL MOD(seq * 131, 20000) DAY, MOD(seq * 17, 100000) / 100,"
        f" {when} FROM seq_1_to_{customers}",
        f"INSERT INTO addresses (customer_id, city, street, location) SELECT seq, {_pick(CITIES, 'seq')},"
        " CONCAT('人民路 ', MOD(seq, 300), ' 号'), POINT(MOD(seq, 360) - 180.0, MOD(seq, 180) - 90.0)"
        f" FROM seq_1_to_{customers}",
        "INSERT INTO orders (customer_id, address_id, status, note, placed_at)"
        f" SELECT 1 + MOD(seq * 13, {customers}), 1 + MOD(seq * 13, {customers}), 1 + MOD(seq, 5),"
        f" IF(MOD(seq, 9) = 0, '请小心轻放 🙏', NULL), {when} FROM seq_1_to_{orders}",
        "INSERT INTO order_items (order_id, line, product_id, quantity, price)"
        " SELECT o.seq, l.seq, 1 + MOD(o.seq * 31 + l.seq, 2000), 1 + MOD(o.seq, 5), MOD(o.seq * 7919, 50000) / 100"
        f" FROM seq_1_to_{orders} o JOIN seq_1_to_5 l ON l.seq <= 1 + MOD(o.seq, 5)",
        "INSERT INTO payments (reference, order_id, method, amount, paid_at)"
        f" SELECT UNHEX(MD5(seq)), seq, 1 + MOD(seq, 4), MOD(seq * 7919, 99999) / 100, {when}"
        f" FROM seq_1_to_{orders} WHERE MOD(seq, 5) > 0",
        f"INSERT INTO audit_log SELECT {when}, CONCAT('order ', MOD(seq, 50), ' looked at')"
        f" FROM seq_1_to_{orders // 10}",
    ]


class Writer(threading.Thread):
    """A shop's day, faster: orders placed, paid, shipped, cancelled; customers come and go; prices change."""

    def __init__(self, server, seed, per_second):
        super().__init__(name="writer", daemon=True)
        self.random = random.Random(seed)
        self.connection = server.connect("shop", autocommit=False)
        self.pause = 1 / per_second
        self.ending = threading.Event()
        self.transactions = 0
        self.failure = None

    def run(self):
        kinds = (self.place, self.place, self.place, self.advance, self.advance, self.pay, self.cancel, self.reprice,
                 self.join_, self.leave, self.spend)
        try:
            while not self.ending.wait(self.pause):
                with self.connection.cursor() as cursor:
                    self.random.choice(kinds)(cursor)
                if self.random.random() < 0.03:
                    self.connection.rollback()
                else:
                    self.connection.commit()
                self.transactions += 1
        except pymysql.err.MySQLError as failure:
            self.failure = failure

    def stop(self):
        self.ending.set()
        self.join()
        self.connection.close()
        if self.failure:
            raise self.failure

    def _some(self, cursor, table, column="id"):
        """Any id of the table, by a jump to a random place of its key."""
        cursor.execute(f"SELECT MIN({column}), MAX({column}) FROM {table}")
        low, high = cursor.fetchone()
        cursor.execute(f"SELECT {column} FROM {table} WHERE {column} >= %s ORDER BY {column} LIMIT 1",
                       (self.random.randint(low, high),))
        return cursor.fetchone()[0]

    def place(self, cursor):
        customer = self._some(cursor, "customers")
        cursor.execute("SELECT MIN(id) FROM addresses WHERE customer_id = %s", (customer,))
        (address,) = cursor.fetchone()
        cursor.execute("INSERT INTO orders (customer_id, address_id, note, placed_at) VALUES (%s, %s, %s, NOW(3))",
                       (customer, address, self.random.choice((None, "快递 🚚", "gift", ""))))
        order = cursor.lastrowid
        for line in range(1, self.random.randint(2, 6)):
            product, quantity = self._some(cursor, "products"), self.random.randint(1, 9)
            cursor.execute("INSERT INTO order_items (order_id, line, product_id, quantity, price)"
                           " SELECT %s, %s, id, %s, price FROM products WHERE id = %s",
                           (order, line, quantity, product))
            cursor.execute("UPDATE products SET stock = stock - %s WHERE id = %s", (quantity, product))

    def advance(self, cursor):
        cursor.execute("UPDATE orders SET status = LEAST(status + 1, 5) WHERE id = %s", (self._some(cursor, "orders"),))

    def pay(self, cursor):
        cursor.execute("INSERT INTO payments (reference, order_id, method, amount) VALUES (%s, %s, %s, %s)",
                       (self.random.randbytes(16), self._some(cursor, "orders"), self.random.randint(1, 4),
                        self.random.randint(1, 99999) / 100))

    def cancel(self, cursor):
        cursor.execute("DELETE FROM orders WHERE id = %s", (self._some(cursor, "orders"),))

    def reprice(self, cursor):
        cursor.execute("UPDATE products SET price = price * 1.01, attributes = JSON_SET(attributes, '$.seen', %s)"
                       " WHERE category_id = %s LIMIT 20", (self.transactions, self._some(cursor, "categories")))

    def join_(self, cursor):
        cursor.execute("INSERT INTO customers (email, name, interests, created_at) VALUES (%s, %s, %s, NOW())",
                       (f"{self.random.getrandbits(60):x}@example.org",
                        f"{self.random.choice(SURNAMES)} {self.random.choice(NAMES)}", self.random.randint(0, 63)))
        cursor.execute("INSERT INTO addresses (customer_id, city, street) VALUES (%s, %s, '中山路 1 号')",
                       (cursor.lastrowid, self.random.choice(CITIES)))

    def leave(self, cursor):
        cursor.execute("DELETE FROM customers WHERE id = %s", (self._some(cursor, "customers"),))

    def spend(self, cursor):
        cursor.execute("UPDATE customers SET balance = balance - 1, level = LEAST(level + 1, 4) WHERE id = %s",
                       (self._some(cursor, "customers"),))


INSTANCES = """\
; Made by tests/demo: two throw-away servers.
[rm-demo-source]
region = cn-hangzhou
engine = mysql
access = rds
host = 127.0.0.1
port = {source}
owner = demo
note = the shop, with customers in it

[rm-demo-copy]
region = cn-shanghai
engine = mysql
access = rds
host = 127.0.0.1
port = {destination}
owner = demo
note = empty
"""

TASK = """\
[task]
name = shop
flow = mysql-to-mysql
[source]
instance_type = rds
region = cn-hangzhou
instance = rm-demo-source
account = dts
password = {password}
connection = no-ssl
[destination]
instance_type = rds
region = cn-shanghai
instance = rm-demo-copy
account = dts
password = {password}
connection = no-ssl
[sync]
schema = yes
full = yes
incremental = yes
existing_tables = check
[objects]
include = shop
[precheck]
; The audit log has no key, which the precheck warns of.
ignore = CHECK_PRIMARY_KEY
"""


class World:
    def __init__(self, scale, seed, per_second):
        with concurrent.futures.ThreadPoolExecutor(2) as starters:
            made = [starters.submit(servers.MariaDB(name=name, innodb_buffer_pool_size="128M").start)
                    for name in ("source", "destination")]
            self.source, self.destination = (each.result() for each in made)
        self.home = servers.run_dir() / "demo"
        self.load(scale)
        self.write_files()
        self.writer = Writer(self.source, seed, per_second)
        self.writer.start()

    def load(self, scale):
        self.source.sql(SCHEMA)
        self.source.sql("SET unique_checks = 0", *rows(scale), db="shop")
        self.source.sql(TRIGGER, db="shop")

    def write_files(self):
        account = self.source.source_account("shop", heartbeat=True)
        self.home.mkdir(mode=0o700)
        tasks = self.home / "config/rds-sync/tasks"
        tasks.mkdir(parents=True, mode=0o700)
        (self.home / "state").mkdir(mode=0o700)
        self.destination.destination_account("shop", name=account.name, password=account.password,
                                             privileged=True)
        ports = {"source": self.source.port, "destination": self.destination.port}
        for path, text in ((tasks.parent / "instances.ini", INSTANCES.format(**ports)),
                           (tasks / "shop.ini", TASK.format(password=account.password))):
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")

    def quiet(self):
        if self.writer.is_alive() or self.writer.failure:
            self.writer.stop()
        return f"{self.writer.transactions} transactions"

    def compare(self):
        differences = compare.compare_databases(self.source, self.destination, ["shop"])
        for difference in differences:
            print(difference)
        return "different" if differences else "same"

    def count(self):
        names = [name for (name,) in self.source.sql("SELECT table_name FROM information_schema.tables"
                                                     " WHERE table_schema = 'shop' AND table_type = 'BASE TABLE'")]
        counts = [self.source.value(f"SELECT COUNT(*) FROM shop.{name}") for name in names]
        return f"{len(names)} tables, {sum(counts)} rows"

    def end(self):
        with contextlib.suppress(pymysql.err.MySQLError):
            self.quiet()
        while guard.kill_marked(f"{guard.HOME_MARK}={self.home}"):
            pass
        self.source.discard()
        self.destination.discard()


def serve(world, orders):
    print("home", world.home, flush=True)
    words = {"quiet": world.quiet, "compare": world.compare, "count": world.count}
    for word in map(str.strip, orders):
        print(word, words[word](), flush=True)


def main():
    parser = argparse.ArgumentParser(description="Two servers, a shop in the first, and a writer; see tests/demo.")
    parser.add_argument("--scale", type=int, default=60, help="thousands of orders (60)")
    parser.add_argument("--per-second", type=int, default=100, help="transactions of the writer (100)")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1000000)
    args = parser.parse_args()
    orders = servers.Orders()
    print(f"seed {args.seed}", file=sys.stderr)
    world = None
    try:
        world = World(args.scale, args.seed, args.per_second)
        serve(world, orders)
    except KeyboardInterrupt:
        pass
    except (servers.ServerUnavailable, servers.ServerFailed) as failure:
        sys.exit(f"{pathlib.Path(__file__).name}: {failure}")
    finally:
        if world:
            world.end()


if __name__ == "__main__":
    main()
