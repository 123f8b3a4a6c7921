"""Servers of Greenplum's family as a client sees them: a protocol double in front of a real PostgreSQL, which does the work.

What it adds are the family's words and limits, as its manual ("CREATE TABLE", "SELECT", "WITH Queries", "INSERT") and the errors of its
sources tell them: version strings, DISTRIBUTED BY, RANDOMLY and REPLICATED, unique keys that must have the whole distribution key, no
UPDATE of a column of it, one writer in WITH and none outside of it, a whole table locked by UPDATE, DELETE and FOR UPDATE or SHARE (there is
no global deadlock detector unless it is turned on), gp_segment_id. A product that is made of PostgreSQL 9.4 lacks what came later, as far as
a client of this kind may come to use it. It has no segments: what is slow there, or planned otherwise, is not seen here.
"""

import itertools
import re
import socket
import struct
import threading

PRODUCTS = {                                # version(), and what server_version says
    "greenplum-6": ("PostgreSQL 9.4.26 (Greenplum Database 6.25.3 build commit:367edc6b) on x86_64-unknown-linux-gnu", "9.4.26"),
    "greenplum-7": ("PostgreSQL 12.12 (Greenplum Database 7.1.0 build commit:e7c2b1f1) on x86_64-pc-linux-gnu", "12.12"),
    "cloudberry": ("PostgreSQL 14.4 (Cloudberry Database 1.5.4 build 1) on x86_64-pc-linux-gnu", "14.4"),
    "analyticdb": ("PostgreSQL 9.4.26 (AnalyticDB for PostgreSQL 6.6.2 build 2024) on x86_64-pc-linux-gnu", "9.4.26"),
}

# What PostgreSQL 9.4 has not: by the words, and what it says.
LACKING = (
    (r"\bON CONFLICT\b", "42601", 'syntax error at or near "ON"'),
    (r"\bINDEX (CONCURRENTLY )?IF NOT EXISTS\b", "42601", 'syntax error at or near "NOT"'),
    (r"\bSKIP LOCKED\b", "42601", 'syntax error at or near "SKIP"'),
    (r"\bTABLE IF NOT EXISTS \S+ AS\b", "42601", 'syntax error at or near "AS"'),
    (r"\bjsonb\)? *(\|\||-(?!>)|#-)", "42883", "operator does not exist: jsonb"),
    (r"\b(jsonb_strip_nulls|jsonb_set|jsonb_pretty|pg_control_system|pg_blocking_pids|array_position)\b", "42883", "function does not exist"),
    (r"\b(attidentity|attgenerated|relispartition|indnkeyatts|prokind|conparentid|backend_type)\b", "42703", "column does not exist"),
    (r"\b(pg_sequence|pg_partitioned_table|pg_publication|pg_subscription)\b", "42P01", "relation does not exist"),
)
SETTINGS_LACKING = ("idle_in_transaction_session_timeout", "default_table_access_method")

RULES = """
CREATE SCHEMA gp_double;
CREATE TABLE gp_double.policy (relid oid PRIMARY KEY, kind text NOT NULL, columns text[] NOT NULL);

CREATE FUNCTION gp_double.lock(t text, mark text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN EXECUTE 'LOCK TABLE ' || t || ' IN EXCLUSIVE MODE'; RETURN mark; END $$;

CREATE FUNCTION gp_double.no_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'Cannot parallelize an UPDATE statement that updates the distribution columns'; END $$;

CREATE FUNCTION gp_double.check_keys(t oid) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE p gp_double.policy; k record;
BEGIN
    SELECT * INTO p FROM gp_double.policy WHERE relid = t;
    IF NOT FOUND OR p.kind = 'replicated' THEN RETURN; END IF;
    FOR k IN SELECT i.indisprimary, array_agg(a.attname::text) AS columns FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) n
             LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = n AND n > 0
             WHERE i.indrelid = t AND i.indisunique GROUP BY i.indexrelid, i.indisprimary LOOP
        IF p.kind = 'randomly' THEN
            RAISE EXCEPTION USING ERRCODE = '42P16', MESSAGE =
                CASE WHEN k.indisprimary THEN 'PRIMARY KEY' ELSE 'UNIQUE' END || ' and DISTRIBUTED RANDOMLY are incompatible';
        ELSIF NOT p.columns <@ k.columns THEN
            RAISE EXCEPTION USING ERRCODE = '42P16', MESSAGE = CASE WHEN k.indisprimary THEN 'PRIMARY KEY definition' ELSE 'UNIQUE index' END
                || ' must contain all columns in the table''s distribution key';
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION gp_double.distribute(t regclass, kind text, by text[]) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE of text[] := by;
BEGIN
    IF EXISTS (SELECT FROM gp_double.policy WHERE relid = t) THEN RETURN; END IF;
    IF kind = 'default' THEN
        SELECT array_agg(a.attname::text) INTO of FROM pg_index i JOIN pg_attribute a ON a.attrelid = t AND a.attnum = ANY (i.indkey::int2[])
            WHERE i.indrelid = t AND i.indisprimary;
        SELECT COALESCE(of, ARRAY[a.attname::text]) INTO of FROM pg_attribute a WHERE a.attrelid = t AND a.attnum = 1;
    END IF;
    INSERT INTO gp_double.policy VALUES (t, kind, of);
    PERFORM gp_double.check_keys(t);
    IF cardinality(of) > 0 THEN
        EXECUTE format('CREATE TRIGGER gp_no_update BEFORE UPDATE OF %s ON %s FOR EACH STATEMENT EXECUTE FUNCTION gp_double.no_update()',
                       (SELECT string_agg(quote_ident(c), ', ') FROM unnest(of) c), t);
    END IF;
END $$;

CREATE FUNCTION gp_double.after_ddl() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE c record;
BEGIN
    FOR c IN SELECT DISTINCT COALESCE(i.indrelid, d.objid) AS t FROM pg_event_trigger_ddl_commands() d
             LEFT JOIN pg_index i ON i.indexrelid = d.objid WHERE d.classid = 'pg_class'::regclass LOOP
        PERFORM gp_double.check_keys(c.t);
    END LOOP;
END $$;
CREATE EVENT TRIGGER gp_double_ddl ON ddl_command_end WHEN TAG IN ('CREATE INDEX', 'ALTER TABLE') EXECUTE FUNCTION gp_double.after_ddl();
"""

NAME = r'(?:"[^"]*"|\w+)(?:\.(?:"[^"]*"|\w+))?'
CREATES = re.compile(rf"\s*CREATE\s+(TEMP\s+|TEMPORARY\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?({NAME})", re.I)
DISTRIBUTED = re.compile(r"\s+DISTRIBUTED\s+(?:BY\s*\(([^)]*)\)|(RANDOMLY)|(REPLICATED))\s*$", re.I)
CHANGES = re.compile(rf"(?:^|\()\s*(?:UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?({NAME})", re.I)
UPSERTS = re.compile(rf"(?:^|\()\s*INSERT\s+INTO\s+({NAME}).*\bDO\s+UPDATE\b", re.I | re.S)
LOCKS = re.compile(rf"\bFROM\s+({NAME})[^()]*\bFOR\s+(?:UPDATE|SHARE)\b", re.I)
WRITER = re.compile(r"\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\b", re.I)
MARK = b"gp_double_mark"
SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102


class Refused(Exception):
    """What the family would not take."""

    def __init__(self, state, message):
        super().__init__(message)
        self.state, self.message = state, message


def _blind(text):
    """The same text, in whose literals and quoted names there is nothing but x: of the same length."""
    return re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(\w*)\$.*?\$\1\$", lambda m: m[0][0] + "x" * (len(m[0]) - 2) + m[0][-1], text, flags=re.S)


def _statements(text):
    ends = [m.start() for m in re.finditer(";", _blind(text))] + [len(text)]
    parts = [text[begin:end] for begin, end in zip([0] + [end + 1 for end in ends], ends)]
    return [part for part in parts if part.strip()]


def _outside(text):
    """What stands in no brackets."""
    while (shorter := re.sub(r"\([^()]*\)", " ", text)) != text:
        text = shorter
    return text


class Translator:
    """Of one product: the family's statements become PostgreSQL's, or are refused."""

    def __init__(self, product):
        self.says, self.version = PRODUCTS[product]
        self._old = self.version.startswith("9.")

    def _check(self, text, seen):
        for pattern, state, message in LACKING if self._old else ():
            if re.search(pattern, seen, re.I):
                raise Refused(state, message)
        for name in SETTINGS_LACKING if self._old else ():
            if f"'{name}'" in text:
                raise Refused("42704", f'unrecognized configuration parameter "{name}"')
        if re.match(r"\s*WITH\b", seen, re.I):
            inside = len(WRITER.findall(seen)) - len(WRITER.findall(_outside(seen)))
            if inside > 1 or (inside == 1 and WRITER.search(_outside(seen))):
                raise Refused("0A000", "only one modifying WITH clause allowed per query")

    def one(self, text):
        """PostgreSQL's statement in place of TEXT, and the table that is locked for it, or None."""
        seen = _blind(text)
        self._check(text, seen)
        locked = next((text[m.start(1):m.end(1)] for m in (CHANGES.search(seen), UPSERTS.search(seen), LOCKS.search(seen)) if m), None)
        if re.search(r"\bgp_segment_id\b|\bversion\(\)", seen):
            text = re.sub(r"\bgp_segment_id\b", "0", text)
            text = re.sub(r"(pg_catalog\.)?\bversion\(\)", f"'{self.says}'::text", text)
        return text, None if locked and locked.startswith("pg_temp.") else locked

    def create(self, text, in_script):
        """As PostgreSQL's statements, where TEXT makes a table; else None."""
        creates, clause = CREATES.match(text), DISTRIBUTED.search(_blind(text))
        if not creates:
            return None
        made = text[:clause.start()] if clause else text
        if creates[1]:
            return made
        if not in_script:
            raise Refused("XX000", "the double takes CREATE TABLE in scripts alone")
        by = text[clause.start(1):clause.end(1)] if clause and clause[1] else ""
        kind = "by" if by else clause[0].split()[1].lower() if clause else "default"
        columns = ",".join(f"'{name.strip().strip(chr(34))}'" for name in by.split(",") if name)
        return f"{made}; SELECT gp_double.distribute('{creates[2]}', '{kind}', ARRAY[{columns}]::text[])"

    def script(self, text):
        """Of several statements, none of which changes rows."""
        made = []
        for part in _statements(text):
            self._check(part, _blind(part))
            made.append(self.create(part, True) or self.one(part)[0])
        return "; ".join(made)


def _frame(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


class _Messages:
    """What comes out of a socket, message by message."""

    def __init__(self, sock):
        self._sock, self._data = sock, bytearray()

    def take(self, size):
        while len(self._data) < size:
            piece = self._sock.recv(65536)
            if not piece:
                raise OSError("it has ended")
            self._data += piece
        taken = bytes(self._data[:size])
        del self._data[:size]
        return taken

    def first(self):
        """A message without a kind."""
        head = self.take(4)
        return head + self.take(struct.unpack("!I", head)[0] - 4)

    def next(self):
        kind = self.take(1)
        return kind, self.take(struct.unpack("!I", self.take(4))[0] - 4)


class _Session:
    """One connection of a client, and that to PostgreSQL which belongs to it."""

    def __init__(self, double, client):
        self._double, self._client = double, client
        self._server = socket.create_connection(double.target)
        self._refusals = {}                 # by the word that PostgreSQL is given in place of what is refused
        self._numbers = itertools.count()
        for sock in (self._client, self._server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for pump in (self._from_client, self._from_server):
            threading.Thread(target=self._run, args=(pump,), daemon=True).start()

    def _run(self, pump):
        try:
            pump()
        except OSError:
            pass
        self.close()

    def close(self):
        for sock in (self._client, self._server):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    # ---- from the client

    def _from_client(self):
        messages = _Messages(self._client)
        while True:
            first = messages.first()
            if struct.unpack("!I", first[4:8])[0] not in (SSL_REQUEST, GSS_REQUEST):
                break
            self._client.sendall(b"N")
        self._server.sendall(first)
        while True:
            kind, body = messages.next()
            self._server.sendall(self._translated(kind, body))

    def _translated(self, kind, body):
        if kind == b"Q":
            text = body[:-1].decode()
            return _frame(kind, self._tried(lambda: (self._double.translator.script(text), None))[0].encode() + b"\0")
        if kind != b"P":
            return _frame(kind, body)
        name, text, rest = body.split(b"\0", 2)
        made, locked = self._tried(lambda: self._parsed(text.decode()))
        return (self._lock(locked) if locked else b"") + _frame(kind, name + b"\0" + made.encode() + b"\0" + rest)

    def _parsed(self, text):
        created = self._double.translator.create(text, False)
        return self._double.translator.one(text if created is None else created)

    def _tried(self, action):
        """PostgreSQL refuses the word in its place, and its answer is exchanged."""
        try:
            return action()
        except Refused as refusal:
            word = f"gp_refused_{next(self._numbers)}"
            self._refusals[word] = refusal
            self._double.refused.append(refusal.message)
            return word, None

    @staticmethod
    def _lock(table):
        text = f"SELECT gp_double.lock('{table}', '{MARK.decode()}')".encode()
        return _frame(b"P", b"\0" + text + b"\0\0\0") + _frame(b"B", bytes(8)) + _frame(b"E", bytes(5))

    # ---- to the client

    def _from_server(self):
        messages, held, swallowing = _Messages(self._server), [], False
        while True:
            kind, body = messages.next()
            if kind + bytes(len(held)) in (b"1", b"2\0"):       # perhaps of a lock
                held.append(_frame(kind, body))
            elif kind == b"D" and len(held) == 2 and MARK in body:
                held, swallowing = [], True
            elif kind == b"C" and swallowing:
                swallowing = False
            elif kind in b"NSA":
                self._client.sendall(self._seen(kind, body))
            else:
                self._client.sendall(b"".join(held) + self._seen(kind, body))
                held = []

    def _seen(self, kind, body):
        if kind == b"S" and body.startswith(b"server_version\0"):
            body = b"server_version\0" + self._double.translator.version.encode() + b"\0"
        word = re.search(rb"gp_refused_\d+", body) if kind == b"E" else None
        if word:
            refusal = self._refusals[word[0].decode()]
            body = f"SERROR\0VERROR\0C{refusal.state}\0M{refusal.message}\0\0".encode()
        return _frame(kind, body)


class Greenplum:
    """Takes the place of SERVER, a PostgreSQL, in rds.Program.task(); tests talk to that one beside it."""

    def __init__(self, server, product):
        self.server, self.translator = server, Translator(product)
        self.target = (server.host, server.port)
        self.password = server.password
        self.refused = []                   # what the family would not have taken
        self._sessions = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.host, self.port = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                self._sessions.append(_Session(self, client))
            except OSError:
                client.close()

    def make(self, database):
        """A database under the family's rules."""
        self.server.sql(f"CREATE DATABASE {database}")
        self.server.sql(RULES, db=database)

    def sql(self, *texts, db=None):
        return self.server.sql(*texts, db=db)

    def distribution(self, table, db):
        """As the family's own words."""
        rows = self.sql(f"SELECT kind, array_to_string(columns, ',') FROM gp_double.policy WHERE relid = '{table}'::regclass", db=db)
        return tuple(rows[0]) if rows else None

    def close(self):
        self._listener.close()
        for session in self._sessions:
            session.close()
