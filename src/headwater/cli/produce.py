"""`headwater produce`: lines, JSON lines or CSV from a file or a pipe become records."""

from collections.abc import Callable
from typing import Annotated, Final

import typer

from headwater.cli.failures import explained
from headwater.cli.output import As, Output, say
from headwater.cli.processes import pairs_of
from headwater.cli.progress import progress
from headwater.cli.records import Form, Reading, read_records
from headwater.cli.registry_options import LOCAL_REGISTRY, Registry, User
from headwater.cli.secured import security
from headwater.cli.session import CLIENT_ID, LOCAL, Bootstrap, talk
from headwater.client.admin.topics import NewTopic, create_topic, describe_topic
from headwater.client.cluster import Cluster
from headwater.client.errors import Refused
from headwater.wire.batch.builder import NewRecord
from headwater.wire.error_codes import ErrorCode

app = typer.Typer()

FLUSH_DEADLINE_MS: Final = 60_000

Header = Annotated[
    list[str] | None,
    typer.Option("--header", "-H", help="Added to each record; may be given again", metavar="NAME=VALUE"),
]
Compression = Annotated[str, typer.Option(help="none, gzip, snappy, lz4 or zstd")]


@app.command()
def produce(
    topic: Annotated[str, typer.Argument(metavar="TOPIC")],
    file: Annotated[
        typer.FileBinaryRead, typer.Argument(metavar="[FILE]", help="- or nothing is the standard input")
    ] = "-",  # type: ignore[assignment] # typer opens it
    form: Annotated[Form, typer.Option("--input", "-i", help="What a line is")] = Form.LINES,
    key: Annotated[
        str | None,
        typer.Option("--key", "-k", help="The CSV column, or field of a JSON object, that is the key", metavar="NAME"),
    ] = None,
    key_separator: Annotated[
        str | None, typer.Option("--key-separator", "-K", help="Stands between key and value of a line", metavar="TEXT")
    ] = None,
    schema: Annotated[
        str | None,
        typer.Option("--schema", help="Values are JSON, written with this schema", metavar="FILE|SUBJECT"),
    ] = None,
    key_schema: Annotated[
        str | None, typer.Option("--key-schema", help="The same for keys", metavar="FILE|SUBJECT")
    ] = None,
    registry: Registry = LOCAL_REGISTRY,
    registry_user: User = None,
    header: Header = None,
    partition: Annotated[
        int | None, typer.Option("--partition", "-p", help="This one, whatever the key", min=0)
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make the topic if it is not there")] = False,
    compression: Compression = "none",
    bootstrap: Bootstrap = LOCAL,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when all went well")] = False,
    output: As = Output.TABLE,
) -> None:
    """Send each line of a file or of the standard input as a record. It ends when the broker has them all."""
    with explained():
        headers = tuple((name, value.encode()) for name, value in pairs_of(header or ()).items())
        talk(bootstrap, lambda cluster: _find_topic(cluster, topic, create=create))
        written = _writing(topic, schema, key_schema, registry, registry_user)
        from headwater.client.bulk import BulkProducer

        settings = {"compression.type": compression, **security().of_librdkafka}
        sender = BulkProducer(bootstrap, client_id=CLIENT_ID, settings=settings)
        reading = Reading(form=form, key=key, key_separator=key_separator, headers=headers)
        with progress(f"to {topic}", shown=not (quiet or file.isatty())) as advance:
            try:
                for record in read_records(file, reading):
                    sender.send(topic, written(record), partition=partition)
                    advance(1)
            finally:
                sender.flush(FLUSH_DEADLINE_MS)
        if not quiet:
            say(f"sent {sender.delivered} records to {topic}", {"topic": topic, "records": sender.delivered}, output)


def _writing(
    topic: str, schema: str | None, key_schema: str | None, registry: str, user: str | None
) -> Callable[[NewRecord], NewRecord]:
    if schema is None and key_schema is None:
        return lambda record: record
    from headwater.cli.schema_data import Writing

    writing = Writing(registry, user)
    writing.prepare(topic, key=key_schema, value=schema)
    return writing.write


async def _find_topic(cluster: Cluster, name: str, *, create: bool) -> None:
    try:
        await describe_topic(cluster, name)
    except Refused as refused:
        if not create or refused.code != ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
            raise
        await create_topic(cluster, NewTopic(name=name))
