"""What the transaction machines are told, resolved once from the broker's settings; durations in milliseconds."""

from typing import Any

from msgspec import Struct

from headwater.kernel.kinds import Int
from headwater.kernel.layers import Settings
from headwater.kernel.settings import Scope, Setting
from headwater.kernel.units import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

_INT_MAX = 2**31 - 1


class TransactionSettings(Struct, frozen=True, kw_only=True):
    """Named as Kafka's broker settings `transaction.*`, shortened."""

    max_timeout_ms: int = 15 * MINUTE_MS
    abort_interval_ms: int = 10 * SECOND_MS
    expiration_ms: int = 7 * DAY_MS
    expiration_interval_ms: int = HOUR_MS
    add_wait_ms: int = 100


def _millis(name: str, *, default: int, least: int, doc: str) -> Setting[int]:
    return Setting(name, Int, default=default, scope=Scope.BROKER, bounds=(least, _INT_MAX), doc=doc)


MAX_TIMEOUT_MS = _millis(
    "transaction.max.timeout.ms",
    default=15 * MINUTE_MS,
    least=1,
    doc="Longest transaction timeout a producer may ask for.",
)
ABORT_INTERVAL_MS = _millis(
    "transaction.abort.timed.out.transaction.cleanup.interval.ms",
    default=10 * SECOND_MS,
    least=1,
    doc="How often transactions past their timeout are looked for.",
)
EXPIRATION_MS = _millis(
    "transactional.id.expiration.ms",
    default=7 * DAY_MS,
    least=1,
    doc="How long an unused transactional id is remembered.",
)
EXPIRATION_INTERVAL_MS = _millis(
    "transaction.remove.expired.transaction.cleanup.interval.ms",
    default=HOUR_MS,
    least=1,
    doc="How often expired transactional ids are looked for.",
)
ADD_WAIT_MS = _millis(
    "add.partitions.to.txn.retry.backoff.max.ms",
    default=100,
    least=0,
    doc="How long a partition waits to be added to a transaction while the one before is being ended.",
)
SETTINGS: tuple[Setting[Any], ...] = (
    MAX_TIMEOUT_MS,
    ABORT_INTERVAL_MS,
    EXPIRATION_MS,
    EXPIRATION_INTERVAL_MS,
    ADD_WAIT_MS,
)


def transaction_settings(broker: Settings) -> TransactionSettings:
    return TransactionSettings(
        max_timeout_ms=broker[MAX_TIMEOUT_MS],
        abort_interval_ms=broker[ABORT_INTERVAL_MS],
        expiration_ms=broker[EXPIRATION_MS],
        expiration_interval_ms=broker[EXPIRATION_INTERVAL_MS],
        add_wait_ms=broker[ADD_WAIT_MS],
    )
