"""Creating and deleting topics within a client's `controller_mutation_rate`, for the handlers that do it (KIP-599)."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

from headwater.broker.context import Context
from headwater.kernel.units import SECOND_MS
from headwater.security.quotas.mutations import Mutations

Item = TypeVar("Item")


def mutations_of(context: Context, *, strict_from: int) -> Mutations:
    """What this request may change; from `strict_from` on its version understands a refusal."""
    return context.services.quotas.mutations(
        context.principal, context.client_id, strict=context.api_version >= strict_from, clock=_now_ms
    )


def split(
    mutations: Mutations, items: Iterable[Item], partitions: Callable[[Item], int]
) -> tuple[list[Item], list[Item]]:
    """Those that may be done now, and those that have to wait; each is asked for in its place."""
    now: list[Item] = []
    later: list[Item] = []
    for each in items:
        (now if mutations.may_change(partitions(each)) else later).append(each)
    return now, later


def _now_ms() -> float:
    return asyncio.get_running_loop().time() * SECOND_MS
