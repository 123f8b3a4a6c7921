"""What the program takes for different texts is different to every collation that it claims to know: asked of the servers."""

import pathlib

import pytest

import probe

IDEOGRAPHS = [chr(c) for c in (*range(0x3400, 0x4DB6), *range(0x4E00, 0xA000), *range(0xF900, 0xFB00))]
ASCII = [chr(c) for c in range(0x20, 0x7F)]
# Characters that collations call equal to others, or to several, or to nothing.
ODD = list("\u00e9\u00c9\u00df\u00e6\u0153\u0131\u017f\u0130\u00c5\u212b\u2460\u2167\uac00\u3131\uc544\U00020000\uf900\u2f00"
           "\u30ab\uff76\U0001d400\u00a0\u3000\u200b\u0301\x01\x7f")


@pytest.fixture
def collations(binary):
    made = probe.Lines(pathlib.Path(binary).parent / "tests/integration/collation_probe")
    yield made
    made.close()


def candidates(charset):
    """In the bytes of the character set itself, as the program has them, which must be UTF-8 for the probe."""
    if charset == "utf8mb4":
        return [*ASCII, *IDEOGRAPHS, *ODD]
    if charset in ("utf8", "utf8mb3"):
        return [text for text in (*ASCII, *IDEOGRAPHS, *ODD) if ord(text) < 0x10000]
    return ASCII


@pytest.mark.timeout(900)
def test_no_collation_calls_equal_what_the_program_tells_apart(flavor, new_server, collations):
    server = new_server(flavor)
    known = 0
    for charset, collation in server.sql("SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM "
                                         "information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
                                         " WHERE CHARACTER_SET_NAME NOT IN ('binary', 'ucs2', 'utf16', 'utf16le', 'utf32')"):
        full = collation if collation.startswith(charset) else f"{charset}_{collation}"  # MariaDB's uca1400_…
        if not collations.ask("fold", charset=charset, collation=full, texts=[])["known"]:
            continue
        known += 1
        texts = candidates(charset)
        hashes = collations.ask("fold", charset=charset, collation=full, texts=texts)["hashes"]
        told = {text: h for text, h in zip(texts, hashes) if h is not None}
        assert len(told) >= len(ASCII), full
        server.sql("CREATE DATABASE IF NOT EXISTS c", "DROP TABLE IF EXISTS c.t",
                   f"CREATE TABLE c.t (h CHAR(16) CHARACTER SET ascii, x VARCHAR(4) CHARACTER SET {charset} COLLATE {full}, "
                   "KEY (x))")
        rows = [(h, text) for text, h in told.items()]
        for at in range(0, len(rows), 5000):
            values = ", ".join(f"('{h}', _{charset} X'{text.encode().hex()}')" for h, text in rows[at:at + 5000])
            server.sql(f"INSERT INTO c.t VALUES {values}")
        equal = server.sql("SELECT GROUP_CONCAT(HEX(x)), COUNT(DISTINCT h) FROM c.t GROUP BY x HAVING COUNT(DISTINCT h) > 1")
        assert not equal, (full, equal[:5])
    assert known >= 20, known
