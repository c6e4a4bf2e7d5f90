"""Creating and deleting topics within a client's `controller_mutation_rate`, for the handlers that do it (KIP-599)."""

import asyncio

from headwater.broker.context import Context
from headwater.kernel.units import SECOND_MS
from headwater.security.quotas.mutations import Mutations


def mutations_of(context: Context, *, strict_from: int) -> Mutations:
    """What this request may change; from `strict_from` on its version understands a refusal."""
    return context.services.quotas.mutations(
        context.principal, context.client_id, strict=context.api_version >= strict_from, clock=_now_ms
    )


def _now_ms() -> float:
    return asyncio.get_running_loop().time() * SECOND_MS
