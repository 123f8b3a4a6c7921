"""How a source loses its log, with writers at work or without."""

import rds


def purge(source):
    """All that the log has so far."""
    newest = source.sql("FLUSH BINARY LOGS; SHOW BINARY LOGS")[-1][0]

    def purged():
        source.sql(f"PURGE BINARY LOGS TO '{newest}'")
        return source.sql("SHOW BINARY LOGS")[0][0] == newest          # who reads or writes a file keeps it for a while

    rds.wait_until(purged, "the purge of the log")


def reset(source):
    """It begins anew, under the names that it had."""
    began = source.value("SELECT UNIX_TIMESTAMP()")           # files are told apart by the seconds in which they begin
    rds.wait_until(lambda: source.value("SELECT UNIX_TIMESTAMP()") > began, "the source's next second")
    source.sql("RESET BINARY LOGS AND GTIDS" if source.flavor == "mysql9" else "RESET MASTER")
