"""Python source being written: indented lines, fresh names, and the objects that the lines refer to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Source:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self._names = 0
        self.namespace: dict[str, Any] = {}

    def line(self, text: str) -> None:
        self._lines.append(f"{'    ' * self._depth}{text}")

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        self.line(header)
        self._depth += 1
        yield
        self._depth -= 1

    def fresh(self, hint: str) -> str:
        """A name that nothing else has; the hint is for those who read the source in a debugger."""
        self._names += 1
        return f"{hint}_{self._names}"

    def constant(self, hint: str, value: object) -> str:
        name = self.fresh(hint)
        self.namespace[name] = value
        return name

    def function(self, name: str, title: str) -> Any:
        """Runs the definitions written so far and gives the function of that name."""
        text = "\n".join(self._lines) + "\n"
        # The source is made of the tables in this package alone: nothing from outside is ever in it.
        exec(compile(text, f"<{title}>", "exec"), self.namespace)  # noqa: S102
        return self.namespace[name]
