"""`headwater log`: look into the files of a stopped broker, ours or Apache Kafka's, and tidy one of its logs."""

import asyncio
import sys
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import PurePath
from typing import Annotated, Any

import msgspec
import typer

from headwater.cli.failures import FAILED, Complaint, explained
from headwater.cli.output import As, Output, say, show, text_of
from headwater.cli.processes import folder_of

app = typer.Typer(no_args_is_help=True, help="Look into the files of a stopped broker, and compact a log.")

Records = Annotated[bool, typer.Option("--records", help="The records too, and not only the batches around them")]


@app.command()
def dump(
    path: Annotated[str, typer.Argument(help="A partition's folder, or one of the files in it")],
    records: Records = False,
    first: Annotated[int, typer.Option("--from", help="Begin at this offset", min=0)] = 0,
    count: Annotated[int | None, typer.Option("--count", help="Stop after as many rows", min=0)] = None,
    output: As = Output.TABLE,
) -> None:
    """Show what a file holds, a line for each batch, record or entry; with `--output json` an object a line."""
    with explained():
        from headwater.assembly.dump import dump as rows_of
        from headwater.kernel.real.disk import RealDisk
        from headwater.wire.types import Offset

        rows = rows_of(RealDisk(), folder_of(path, {}), first=Offset(first), records=records)
        _print(islice(rows, count), output)


@app.command()
def verify(
    path: Annotated[str, typer.Argument(help="A broker's folder, or that of one partition")],
    records: Records = False,
    output: As = Output.TABLE,
) -> None:
    """Check checksums, offsets and indexes. Status 1 where something is wrong."""
    with explained():
        from headwater.assembly.verify import verify as look
        from headwater.kernel.real.disk import RealDisk

        found = look(RealDisk(), folder_of(path, {}), opens_records=records)
        if not found:
            raise Complaint(f"{path} holds no partition")
        rows: list[dict[str, Any]] = [msgspec.to_builtins(each) for each in found]
    problems = [{"log": row["log"], **problem} for row in rows for problem in row["problems"]]
    if output is Output.JSON:
        show(rows, output)
    else:
        show([{name: value for name, value in row.items() if name != "problems"} for row in rows], output)
        print()
        show([_shortened(each) for each in problems], output, empty="Nothing is wrong.")
    raise typer.Exit(FAILED if problems else 0)


@app.command()
def compact(
    topic: Annotated[str, typer.Argument(help="A compacted topic")],
    partition: Annotated[int, typer.Argument(min=0)] = 0,
    data: Annotated[str | None, typer.Option("--data", help="The folder of the stopped broker")] = None,
    output: As = Output.TABLE,
) -> None:
    """Compact one partition now, while no broker runs. The segment that is written to stays as it is."""
    with explained():
        from headwater.assembly.offline_compaction import compact as work
        from headwater.kernel.real.world import real_world
        from headwater.wire.types import TopicName

        done = asyncio.run(work(real_world(), folder_of(data, {}), TopicName(topic), partition))
    where = {"topic": topic, "partition": partition}
    if done is None:
        say("nothing is to be compacted", {**where, "compacted": False}, output)
        return
    told = {"up_to": done.end, "bytes_read": done.bytes_read, "bytes_kept": done.bytes_written, "keys": done.keys}
    sentence = f"compacted {topic}-{partition} up to offset {done.end}: {done.bytes_read} bytes read, {done.bytes_written} kept"
    say(sentence, {**where, "compacted": True, **told}, output)


def _print(rows: Iterable[Mapping[str, Any]], output: Output) -> None:
    for row in rows:
        if output is Output.JSON:
            sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
        else:
            print(" ".join(f"{name}={_shown(value)}" for name, value in row.items()))


def _shown(value: Any) -> str:
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else text_of(value)


def _shortened(problem: dict[str, Any]) -> dict[str, Any]:
    return {**problem, "path": PurePath(problem["path"]).name}
