"""A progress bar on stderr where a person looks at it, and nothing where nobody does."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    def __call__(self, count: int) -> None:
        """So many more are done."""
        ...


@contextmanager
def progress(doing: str, *, shown: bool, total: int | None = None) -> Iterator[Progress]:
    """`total` where it is known beforehand."""
    if not (shown and sys.stderr.isatty()):
        yield _nobody_looks
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bar, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda count: bar.advance(task, count)


def _nobody_looks(count: int) -> None:
    """Where there is no terminal, progress is not shown."""
