"""Answers as tables for people and as JSON for programs, from the same rows."""

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"


As = Annotated[Output, typer.Option("--output", "-o", help="A table for people, or JSON for programs")]
Row = Mapping[str, Any]


def show(rows: Sequence[Row], output: Output, *, empty: str = "nothing") -> None:
    """A list. `empty` is what a person reads where there is nothing."""
    if output is Output.JSON:
        print_json(list(rows))
    elif rows:
        print_table(rows)
    else:
        print(empty)


def show_one(thing: Row, output: Output, *, parts: str | None = None) -> None:
    """One thing: its values line by line, and those under the name `parts` as a table."""
    if output is Output.JSON:
        print_json(thing)
        return
    values = {name: value for name, value in thing.items() if name != parts}
    width = max(map(len, values), default=0)
    for name, value in values.items():
        print(f"{name:<{width}}  {text_of(value)}")
    if parts and thing[parts]:
        print()
        print_table(thing[parts])


def say(sentence: str, result: Row, output: Output) -> None:
    """What was done: a sentence for people, an object for programs."""
    if output is Output.JSON:
        print_json(result)
    else:
        print(sentence)


def print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value, enc_hook=str)).decode() + "\n")


def print_table(rows: Sequence[Row]) -> None:
    """Columns by the names of the first row. Where the output is no terminal nothing is cut off."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, value in rows[0].items():
        table.add_column(name, justify="right" if isinstance(value, int) else "left", overflow="fold")
    for row in rows:
        table.add_row(*(text_of(value) for value in row.values()))
    console = Console(markup=False, highlight=False, soft_wrap=not sys.stdout.isatty())
    if not console.is_terminal:
        console = Console(markup=False, highlight=False, width=10_000)
    console.print(table)


def text_of(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ",".join(map(str, value))
        case _:
            return str(value)
