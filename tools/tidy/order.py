"""No iteration over a set where order becomes visible: a seed must lead to one trace.

Types are not inferred. A name is a set where its own function or class says so: an annotation, a literal, a
comprehension, a call of `set`, or an operation on such a name. That is cheap, and it finds what people write.
"""

import ast
from collections.abc import Iterator

from tools.tidy.source import Finding, Source

ROOMS = tuple(f"src/headwater/{room}/" for room in ("kernel", "machine", "log", "control", "broker", "client"))
SET_TYPES = frozenset({"set", "frozenset", "Set", "AbstractSet", "MutableSet"})
MAP_TYPES = frozenset({"dict", "Mapping", "MutableMapping", "defaultdict"})
SET_METHODS = frozenset({"copy", "union", "intersection", "difference", "symmetric_difference"})
SET_OPERATORS = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Sub)
LOOKUPS = frozenset({"get", "pop", "setdefault"})
WALKS = frozenset(
    {"list", "tuple", "iter", "enumerate", "zip", "map", "filter", "deque", "chain", "fromkeys", "join", "extend"}
)
ORDER_FREE = frozenset({"sorted", "any", "all", "sum", "min", "max", "len", "set", "frozenset"})

SET, MAP_OF_SETS = "set", "map of sets"
Kinds = dict[str, str]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def sets_are_not_iterated(source: Source) -> Iterator[Finding]:
    """Sort a set, or keep a dictionary: the order of a set is the order of addresses and hashes."""
    if not source.inside(*ROOMS):
        return
    yield from found_in(source.tree, {})


def found_in(scope: ast.AST, outer: Kinds) -> Iterator[Finding]:
    """Findings of one scope, and of the scopes in it, which see its names."""
    kinds = outer | kinds_in(scope)
    free = {id(argument) for node in own_nodes(scope) for argument in order_free_arguments(node)}
    for node in own_nodes(scope):
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            yield from found_in(node, kinds)
        elif id(node) not in free:
            for walked in walked_by(node):
                if is_set(walked, kinds):
                    yield Finding(line=walked.lineno, says=f"`{ast.unparse(walked)}` is a set: say sorted(...)")


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Everything in a scope, without what is inside the functions and classes that it defines."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))


def order_free_arguments(node: ast.AST) -> Iterator[ast.AST]:
    """Comprehensions whose order nobody can see, because what is made of them has none."""
    if isinstance(node, ast.SetComp):
        yield node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ORDER_FREE:
        yield from node.args


def walked_by(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions that a piece of code goes through in order."""
    if isinstance(node, ast.For | ast.AsyncFor):
        yield node.iter
    elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp):
        yield from (generator.iter for generator in node.generators)
    elif isinstance(node, ast.Starred | ast.YieldFrom):
        yield node.value
    elif isinstance(node, ast.Call):
        yield from walked_by_call(node)


def walked_by_call(call: ast.Call) -> Iterator[ast.expr]:
    name = (
        call.func.id
        if isinstance(call.func, ast.Name)
        else call.func.attr
        if isinstance(call.func, ast.Attribute)
        else ""
    )
    if name in WALKS:
        yield from call.args
    if isinstance(call.func, ast.Attribute) and name == "pop" and not call.args and not call.keywords:
        yield call.func.value


def kinds_in(scope: ast.AST) -> Kinds:
    """The names and `self` attributes that a scope makes known as sets, or as dictionaries of sets."""
    kinds: Kinds = {}
    if isinstance(scope, FUNCTIONS):
        arguments = (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs)
        kinds = {each.arg: annotated(each.annotation) for each in arguments if each.annotation}
    reached = ast.walk(scope) if isinstance(scope, ast.ClassDef) else own_nodes(scope)
    for node in reached:
        for name, kind in bound_by(node, kinds):
            if not isinstance(scope, ast.ClassDef) or name.startswith("self."):
                kinds[name] = kind
    if isinstance(scope, ast.ClassDef):
        fields = [node for node in scope.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]
        kinds |= {f"self.{ast.unparse(field.target)}": annotated(field.annotation) for field in fields}
    return kinds


def bound_by(node: ast.AST, kinds: Kinds) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.AnnAssign):
        yield ast.unparse(node.target), annotated(node.annotation)
    elif (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name | ast.Attribute)
    ):
        name = ast.unparse(node.targets[0])
        if name not in kinds:
            yield name, SET if is_set(node.value, kinds) else ""


def annotated(annotation: ast.expr) -> str:
    """What an annotation declares; `X | None` is X, for only X can be iterated."""
    if isinstance(annotation, ast.BinOp):
        return annotated(annotation.left) or annotated(annotation.right)
    base = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
    if name in SET_TYPES:
        return SET
    if name in MAP_TYPES and isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        return MAP_OF_SETS if annotated(annotation.slice.elts[-1]) == SET else ""
    return ""


def is_set(node: ast.expr, kinds: Kinds) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Name | ast.Attribute):
        return kinds.get(ast.unparse(node)) == SET
    if isinstance(node, ast.BinOp) and isinstance(node.op, SET_OPERATORS):
        return any(is_set(side, kinds) or is_keys(side) for side in (node.left, node.right))
    if isinstance(node, ast.IfExp | ast.BoolOp):
        sides = (node.body, node.orelse) if isinstance(node, ast.IfExp) else node.values
        return any(is_set(side, kinds) for side in sides)
    if isinstance(node, ast.Subscript):
        return kinds.get(ast.unparse(node.value)) == MAP_OF_SETS
    return isinstance(node, ast.Call) and gives_set(node, kinds)


def gives_set(call: ast.Call, kinds: Kinds) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in {"set", "frozenset"}
    if not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr in LOOKUPS:
        return kinds.get(ast.unparse(call.func.value)) == MAP_OF_SETS
    return call.func.attr in SET_METHODS and is_set(call.func.value, kinds)


def is_keys(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "keys"
