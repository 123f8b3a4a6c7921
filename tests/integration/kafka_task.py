"""Tasks that write to Kafka."""

import types

KEYS = {**{f"destination.{key}": None for key in ("account", "password_env", "connection")}, "source.connection": None, "sync.incremental": None,
        "sync.existing_tables": None, "kafka.format": "canal-json", "sync.chunk_size": "64K"}


def make(program, source, broker, topic, *, host=None, port="plain", **settings):
    """A task of the source's database shop, to a port of the broker's, or to HOST, the addresses of several. made.prefix is its topic,
    or what the topics' names begin with."""
    there = types.SimpleNamespace(host=host or broker.host, port=broker.ports[port])
    made = program.task("queue", types.SimpleNamespace(source=source, destination=there), ["shop"], flow="mysql-to-kafka",
                        settings={**KEYS, "destination.topic": topic, **settings})
    made.prefix = topic
    return made
