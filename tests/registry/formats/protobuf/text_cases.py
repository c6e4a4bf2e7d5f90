"""Reads files of cases: blocks of sections, each headed by a line of its own."""

import re
from collections.abc import Iterator
from pathlib import Path

Case = dict[str, str]


def cases(name: str, first: str) -> list[Case]:
    """Those of a file in this folder, whose blocks each begin with the section `first`."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [dict(_sections(first, block)) for block in text.split(f"==== {first}\n")[1:]]


def references(case: Case, prefix: str = "reference ") -> dict[str, str]:
    return {key.removeprefix(prefix): text for key, text in case.items() if key.startswith(prefix)}


def _sections(first: str, block: str) -> Iterator[tuple[str, str]]:
    content, *others = re.split("^---- ", block, flags=re.MULTILINE)
    yield first, content
    for each in others:
        heading, _, content = each.partition("\n")
        yield heading, content
