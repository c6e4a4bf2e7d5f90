"""One tracked file as a rule sees it, and what a rule says about it.

A rule is a function from a `Source` to findings. It sees one file, and of all the others only whether they exist: so a
rule is tested with a few planted lines, and the order of files means nothing.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

GENERATED_MARK = "# Generated"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A broken rule: in which line, and in words what is wrong and what to do instead."""

    line: int
    says: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file's path from the root of the repository, its text, and the paths of all tracked files."""

    path: str
    text: str
    repository: frozenset[str] = frozenset()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @cached_property
    def imported(self) -> dict[str, str]:
        """Local names of imports, each with the dotted name it stands for."""
        names: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    names[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        return names

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def generated(self) -> bool:
        return self.text.startswith(GENERATED_MARK)

    @property
    def name(self) -> PurePosixPath:
        return PurePosixPath(self.path)

    def inside(self, *places: str) -> bool:
        """Whether this is one of `places`, or in one of them where the place ends in a slash."""
        return any(self.path.startswith(place) if place.endswith("/") else self.path == place for place in places)

    def dotted(self, node: ast.AST) -> str | None:
        """`os.fsync` for an expression that means it, whatever the imports are called here; None for anything else."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self.dotted(node.value)
            return f"{base}.{node.attr}" if base else None
        return None


Rule = Callable[[Source], Iterator[Finding]]
