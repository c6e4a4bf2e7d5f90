"""Who may start a task, where a timer may be set, and that no test waits for time to pass."""

import ast
from collections.abc import Iterator

from tools.tidy.source import Finding, Source

TASKS = "src/headwater/kernel/tasks.py"
HOT = ("src/headwater/broker/", "src/headwater/log/")
TIMERS = frozenset({"asyncio.timeout", "asyncio.timeout_at", "asyncio.wait_for"})
STARTERS = frozenset({"create_task", "ensure_future"})
SLEEPS = frozenset({"asyncio.sleep", "time.sleep"})


def tasks_have_an_owner(source: Source) -> Iterator[Finding]:
    """Nothing is fired and forgotten: a group or a ward owns every task, and both live in one file."""
    if not source.inside("src/") or source.inside(TASKS):
        return
    for node in source.nodes:
        if isinstance(node, ast.Attribute | ast.Name) and (source.dotted(node) or last_name(node)).endswith(
            tuple(STARTERS)
        ):
            yield Finding(
                line=node.lineno, says="a task has an owner: start it in a group or a ward of kernel/tasks.py"
            )


def last_name(node: ast.Attribute | ast.Name) -> str:
    return f".{node.attr}" if isinstance(node, ast.Attribute) else ""


def hot_path_sets_no_timers(source: Source) -> Iterator[Finding]:
    """A timer for each request costs more than the request: deadlines are swept."""
    if not source.inside(*HOT):
        return
    for node in source.nodes:
        if isinstance(node, ast.Attribute | ast.Name) and (name := source.dotted(node)) in TIMERS:
            yield Finding(line=node.lineno, says=f"{name} on the hot path: keep a deadline and sweep it")


def tests_do_not_sleep(source: Source) -> Iterator[Finding]:
    """Wait for what should happen, with a deadline. Simulated time is free to pass; `sleep(0)` only gives way."""
    if not source.inside("tests/") or source.inside("tests/simulation/"):
        return
    for node in source.nodes:
        if isinstance(node, ast.Call) and source.dotted(node.func) in SLEEPS and sleeps_a_constant(node):
            yield Finding(line=node.lineno, says="a test does not sleep: wait for what should happen, with a deadline")


def sleeps_a_constant(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value != 0
