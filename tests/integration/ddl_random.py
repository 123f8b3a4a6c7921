"""Random schema changes, for tests that compare what our reading of DDL makes of them with what a server does."""

CHARSETS = {
    "mysql56": {"latin1": ["latin1_german1_ci", "latin1_bin"], "utf8": ["utf8_unicode_ci", "utf8_bin"],
                "utf8mb4": ["utf8mb4_unicode_ci", "utf8mb4_bin"], "gbk": ["gbk_bin"], "ucs2": ["ucs2_bin"], "binary": ["binary"]},
}
CHARSETS["mariadb"] = {**CHARSETS["mysql56"], "utf16": ["utf16_bin"]}
CHARSETS["mysql9"] = {**CHARSETS["mysql56"], "utf8mb4": ["utf8mb4_0900_as_cs", "utf8mb4_bin", "utf8mb4_unicode_520_ci"]}
NAMES = ["a", "b", "c", "Dd", "e_e", "订单", "key", "x y", "q`t", "id", "n1", "n2"]


def quote(name):
    return "`" + name.replace("`", "``") + "`"


class Changes:
    """Statements about one database; many of them are wrong, and a server's refusal is part of the plan."""

    def __init__(self, random, flavor):
        self.random = random
        self.flavor = flavor
        self.charsets = CHARSETS[flavor]
        self.maria = flavor == "mariadb"
        self.new = flavor != "mysql56"
        self.tables = ["t1", "t2", "T3", "表"]

    def pick(self, *values):
        return self.random.choice(values)

    def maybe(self, text, chance=0.3):
        return text if self.random.random() < chance else ""

    def name(self):
        return quote(self.random.choice(NAMES))

    def table(self):
        name = quote(self.random.choice(self.tables))
        return self.pick(name, name, "`d`." + name)

    def charset(self):
        charset = self.random.choice(list(self.charsets))
        collation = self.random.choice(self.charsets[charset])
        return self.pick(f"CHARACTER SET {charset}", f"CHARSET {charset} COLLATE {collation}", f"COLLATE {collation}",
                         f"character set {charset}")

    def text_type(self):
        n = self.random.choice([0, 1, 10, 60, 200])
        types = [f"CHAR({n})", "char", f"VARCHAR({n})", f"CHARACTER VARYING({n})", f"TEXT({n * 7})", f"TEXT({n * 300})", "TINYTEXT",
                 "text", "MEDIUMTEXT", "LONGTEXT", "LONG", "LONG VARCHAR"]
        if self.random.random() < 0.1:       # in a character set of their own: what becomes of members in another is not followed
            return self.pick("ENUM('a','b','c''d ')", "SET('x','y\\\\z')") + " CHARACTER SET utf8"
        text = self.random.choice(types)
        return text + " " + self.maybe(self.charset(), 0.4) + self.maybe(" BINARY", 0.05) if self.random.random() < 0.85 else \
            self.pick(f"NATIONAL CHAR({n})", f"NVARCHAR({n})", f"NCHAR({n})", f"CHAR({n}) ASCII", f"CHAR({n}) UNICODE", "CHAR(4) BYTE",
                      f"NATIONAL VARCHAR({n})", "CHAR(3) BINARY", "TEXT BYTE")

    def number_type(self):
        text = self.pick("TINYINT", "SMALLINT", "MEDIUMINT", "INT", "INTEGER", "BIGINT", "INT4", "INT(5)", "BIGINT(20)", "TINYINT(1)",
                         "DECIMAL", "DECIMAL(10)", "NUMERIC(12,4)", "DEC(5,5)", "FIXED(30,10)", "FLOAT", "FLOAT(20)", "FLOAT(30)",
                         "FLOAT(7,4)", "DOUBLE", "DOUBLE PRECISION", "REAL", "DOUBLE(10,2)", "FLOAT8", "INT1", "MIDDLEINT")
        return text + self.maybe(" UNSIGNED", 0.3) + self.maybe(" ZEROFILL", 0.1)

    def other_type(self):
        types = ["BOOL", "BOOLEAN", "BIT", "BIT(17)", "YEAR", "YEAR(4)", "DATE", "TIME", "TIME(3)", "DATETIME", "DATETIME(6)",
                 "TIMESTAMP NULL", "TIMESTAMP(2) NULL", "BINARY", "BINARY(16)", "VARBINARY(40)", "BLOB", "BLOB(100)", "BLOB(70000)",
                 "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "LONG VARBINARY", "GEOMETRY", "POINT", "MULTIPOLYGON", "GEOMETRYCOLLECTION"]
        if self.maria:
            types += ["JSON", "UUID", "INET6", "INET4", "TEXT COMPRESSED", "VARCHAR(100) COMPRESSED"]
        elif self.new:
            types += ["JSON", "VECTOR", "VECTOR(3)", "GEOMCOLLECTION", "POINT SRID 4326"]
        if self.flavor == "mysql56":
            types += ["TIMESTAMP NOT NULL DEFAULT '2020-01-01 00:00:00'"]
        return self.random.choice(types)

    def type(self):
        return self.random.choice([self.text_type, self.number_type, self.other_type])()

    def generated(self):
        if not self.new:
            return self.type()
        kind = self.pick(" VIRTUAL", " STORED", "") if not self.maria else self.pick(" VIRTUAL", " STORED", " PERSISTENT", "")
        return self.pick("INT", "VARCHAR(20)", "BIGINT UNSIGNED") + self.pick(" GENERATED ALWAYS AS (1 + 1)", " AS (2)") + kind

    def definition(self):
        if self.random.random() < 0.06:
            return self.generated()
        text = self.type()
        if "NULL" not in text:
            text += self.pick("", "", " NULL", " NOT NULL")
        text += self.maybe(" COMMENT 'a, b) `c` '' -- d'", 0.1)
        text += self.maybe(self.pick(" UNIQUE", " UNIQUE KEY", " PRIMARY KEY", " KEY"), 0.06)
        if self.new:
            text += self.maybe(" INVISIBLE", 0.06)
        if self.maria:
            text += self.maybe(" CHECK (1 > 0)", 0.05)
        return text

    def column(self):
        name = self.name()
        if self.random.random() < 0.04:
            return f"{name} {self.pick('SERIAL', 'INT NOT NULL AUTO_INCREMENT UNIQUE', 'BIGINT AUTO_INCREMENT PRIMARY KEY')}"
        return f"{name} {self.definition()}"

    def part(self):
        return self.name() + self.maybe(f"({self.pick(1, 5, 10, 60)})", 0.3) + self.maybe(self.pick(" DESC", " ASC"), 0.2)

    def parts(self):
        if self.flavor == "mysql9" and self.random.random() < 0.05:
            return f"(({self.name()} + 1), {self.part()})"
        return "(" + ", ".join(self.part() for _ in range(self.pick(1, 1, 2, 3))) + ")"

    def key_name(self):
        return quote(self.pick("k1", "k2", "Key_3", "ix_a", "ixb", "a", "索引"))

    def key(self):
        name = self.maybe(self.key_name(), 0.6)
        return self.pick(
            f"KEY {name} {self.parts()}", f"INDEX {name} USING BTREE {self.parts()}", f"UNIQUE {name} {self.parts()}",
            f"UNIQUE KEY {name} {self.parts()} COMMENT 'k'", f"CONSTRAINT {name} UNIQUE INDEX {self.parts()}",
            f"PRIMARY KEY {self.parts()}", f"CONSTRAINT {name} PRIMARY KEY {self.parts()}", f"FULLTEXT KEY {name} {self.parts()}")

    def create(self):
        columns = ", ".join(self.column() for _ in range(self.random.randint(1, 7)))
        keys = "".join(", " + self.key() for _ in range(self.random.randint(0, 3)))
        options = self.maybe(" ENGINE=" + self.pick("InnoDB", "MyISAM", "innodb", "MEMORY"), 0.3) + \
            self.maybe(" DEFAULT " + self.charset(), 0.5) + self.maybe(" COMMENT='x'", 0.1) + \
            self.maybe(" PARTITION BY KEY () PARTITIONS 2", 0.03)
        return f"CREATE TABLE {self.maybe('IF NOT EXISTS', 0.1)} {self.table()} ({columns}{keys}){options}"

    def place(self):
        return self.pick("", "", " FIRST", f" AFTER {self.name()}")

    def change(self):
        if_exists, if_not_exists = (self.maybe("IF EXISTS "), self.maybe("IF NOT EXISTS ")) if self.maria else ("", "")
        changes = [
            lambda: f"ADD COLUMN {if_not_exists}{self.column()}{self.place()}",
            lambda: f"ADD {self.column()}{self.place()}",
            lambda: f"ADD ({self.column()}, {self.column()})",
            lambda: f"DROP COLUMN {if_exists}{self.name()}",
            lambda: f"DROP {self.name()}",
            lambda: f"CHANGE {if_exists}{self.name()} {self.column()}{self.place()}",
            lambda: f"MODIFY COLUMN {if_exists}{self.column()}{self.place()}",
            lambda: f"MODIFY {self.column()}{self.place()}",
            lambda: f"ADD {self.key()}",
            lambda: f"ADD {self.key()}",
            lambda: f"DROP {self.pick('KEY', 'INDEX')} {if_exists}{self.key_name()}",
            lambda: "DROP PRIMARY KEY",
            lambda: f"CONVERT TO {self.charset_of_table()}",
            lambda: f"DEFAULT {self.charset()}",
            lambda: f"ALTER {self.name()} DROP DEFAULT",
            lambda: "COMMENT 'x', FORCE" if self.new else "COMMENT 'x'",
            lambda: "ENGINE=" + self.pick("InnoDB", "MyISAM", "MEMORY"),
        ]
        if self.new:
            changes += [lambda: f"RENAME COLUMN {self.name()} TO {self.name()}",
                        lambda: f"RENAME {self.pick('KEY', 'INDEX')} {self.key_name()} TO {self.key_name()}"]
        if self.flavor == "mysql9":
            changes += [lambda: f"ALTER COLUMN {self.name()} SET {self.pick('INVISIBLE', 'VISIBLE')}",
                        lambda: f"ALTER INDEX {self.key_name()} INVISIBLE"]
        return self.random.choice(changes)()

    def charset_of_table(self):
        charset = self.random.choice([name for name in self.charsets if name in ("utf8", "utf8mb4", "gbk")])
        return f"CHARACTER SET {charset}" + self.maybe(" COLLATE " + self.random.choice(self.charsets[charset]), 0.3)

    def alter(self):
        changes = ", ".join(self.change() for _ in range(self.pick(1, 1, 1, 2, 3)))
        table = self.table()
        rename = self.maybe(f", RENAME TO {self.table()}", 0.03)
        if "\u8868" in table:       # MariaDB 10.11 copies such a table and forgets to remove the old one
            rename = ""
        return f"ALTER TABLE {table} {changes}{rename}"

    def index(self):
        kind = self.pick("", "", "UNIQUE", "FULLTEXT")
        replace, exists = (self.maybe("OR REPLACE"), self.maybe("IF NOT EXISTS")) if self.maria else ("", "")
        if replace:
            exists = ""
        return self.pick(f"CREATE {replace} {kind} INDEX {exists} {self.key_name()} ON {self.table()} {self.parts()}",
                         f"DROP INDEX {self.key_name()} ON {self.table()}")

    def rename(self):
        return f"RENAME TABLE {self.table()} TO {self.table()}" + self.maybe(f", {self.table()} TO {self.table()}", 0.3)

    def statement(self):
        return self.random.choices([self.create, self.alter, self.index, self.rename,
                                    lambda: f"CREATE TABLE {self.table()} LIKE {self.table()}",
                                    lambda: f"DROP TABLE {self.table()}"], [4, 20, 4, 1, 1, 1])[0]()
