"""Small files, small functions, modules that open with why, and no name that could mean anything."""

import ast
from collections.abc import Iterator

from tools.tidy.source import Finding, Source

ROOMS = "src/headwater/"
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
POSITIONAL_FIELDS_MAX = 2
EMPTY_NAMES = frozenset({"common", "helper", "helpers", "misc", "util", "utils"})
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def files_are_small(source: Source) -> Iterator[Finding]:
    if not source.generated and len(source.lines) > FILE_LINES_MAX:
        yield Finding(
            line=FILE_LINES_MAX, says=f"{len(source.lines)} lines, {FILE_LINES_MAX} at most: find the two jobs in it"
        )


def functions_are_small(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, FUNCTIONS) and not source.generated:
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield Finding(line=node.lineno, says=f"{node.name} has {length} lines, {FUNCTION_LINES_MAX} at most")


def names_say_something(source: Source) -> Iterator[Finding]:
    for part in source.name.with_suffix("").parts:
        if part.strip("_") in EMPTY_NAMES:
            yield Finding(line=1, says=f"`{part}` says nothing about what is inside: name the job")


def modules_open_with_why(source: Source) -> Iterator[Finding]:
    if not ast.get_docstring(source.tree) and not source.generated:
        yield Finding(line=1, says="a module opens with a docstring that says why it is here")


def init_is_a_docstring(source: Source) -> Iterator[Finding]:
    """One imports from the module that defines, so nothing is loaded that was not asked for."""
    if source.name.name == "__init__.py" and len(source.tree.body) > 1:
        yield Finding(line=source.tree.body[1].lineno, says="__init__.py is a docstring and nothing else")


def rooms_have_a_readme(source: Source) -> Iterator[Finding]:
    room = source.name.parent
    if (
        source.name.name == "__init__.py"
        and f"{room.parent}/" == ROOMS
        and f"{room}/README.md" not in source.repository
    ):
        yield Finding(line=1, says=f"{room} needs a README.md of one screen: purpose, main path, what it refuses")


def nothing_is_a_stub(source: Source) -> Iterator[Finding]:
    """What is not built yet is not there. An empty function that is meant to be empty says why in a docstring."""
    if source.inside("tests/"):
        return
    declared = {id(item) for node in source.nodes if is_protocol(node) for item in ast.walk(node)}
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield Finding(line=node.lineno, says="NotImplementedError: build it, or leave it out")
        if isinstance(node, FUNCTIONS) and id(node) not in declared and not is_declaration(node) and is_empty(node):
            yield Finding(line=node.lineno, says=f"{node.name} is a stub: build it, or leave it out")


def is_protocol(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)


def is_declaration(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(each).endswith(("overload", "abstractmethod")) for each in function.decorator_list)


def is_empty(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Nothing but `pass` or `...`: a docstring alone is a sentence about why there is nothing to do."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return bool(body) and all(isinstance(each, ast.Pass) or is_ellipsis(each) for each in body)


def is_ellipsis(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and statement.value.value is ...
    )


def values_are_frozen(source: Source) -> Iterator[Finding]:
    """A value says frozen=True. State says what it is: a dataclass by slots=True, a Struct by frozen=False."""
    if source.generated or source.inside("tests/"):
        return
    for node in source.nodes:
        for keywords in value_options(source, node):
            if isinstance(node, ast.ClassDef) and not says_if_frozen(keywords):
                yield Finding(line=node.lineno, says=f"{node.name}: say frozen=True (a value), or that it is state")


def fields_have_names(source: Source) -> Iterator[Finding]:
    """Whoever makes a value of more than two fields says which is which."""
    if source.generated or source.inside("tests/"):
        return
    for node in source.nodes:
        for keywords in value_options(source, node):
            if isinstance(node, ast.ClassDef) and not switched_on(keywords, "kw_only"):
                count = positional_fields(node)
                if count > POSITIONAL_FIELDS_MAX:
                    yield Finding(line=node.lineno, says=f"{node.name} has {count} fields: say kw_only=True")


def value_options(source: Source, node: ast.AST) -> Iterator[list[ast.keyword]]:
    """How a dataclass or a Struct is declared; nothing for any other class."""
    if not isinstance(node, ast.ClassDef):
        return
    for decorator in node.decorator_list:
        named, keywords = (decorator.func, decorator.keywords) if isinstance(decorator, ast.Call) else (decorator, [])
        if source.dotted(named) == "dataclasses.dataclass":
            yield keywords
    if any(source.dotted(base) == "msgspec.Struct" for base in node.bases):
        yield node.keywords


def says_if_frozen(keywords: list[ast.keyword]) -> bool:
    return any(each.arg == "frozen" for each in keywords) or switched_on(keywords, "slots")


def switched_on(keywords: list[ast.keyword], name: str) -> bool:
    return any(each.arg == name and getattr(each.value, "value", None) is True for each in keywords)


def positional_fields(node: ast.ClassDef) -> int:
    """Those before a `_: KW_ONLY`; class variables are none."""
    count = 0
    for each in node.body:
        if isinstance(each, ast.AnnAssign):
            annotation = ast.unparse(each.annotation)
            if annotation.endswith("KW_ONLY"):
                break
            count += "ClassVar" not in annotation
    return count
