"""Transactional ids that nobody has used for `transactional.id.expiration.ms` are forgotten, some at a time."""

from collections.abc import Iterator, Mapping

from headwater.control.transactions.transaction import Transaction, TransactionRecord, tombstone

_AT_ONCE = 500


class Expiry:
    """A round over all ids, in slices that let the loop breathe."""

    def __init__(self, by_id: Mapping[str, Transaction]) -> None:
        self._by_id = by_id
        self._round: Iterator[str] | None = None

    @property
    def is_done(self) -> bool:
        """Whether the round has come to its end."""
        return self._round is None

    def go_on(self, *, unused_since: int) -> list[TransactionRecord]:
        if self._round is None:
            self._round = iter(list(self._by_id))
        gone: list[TransactionRecord] = []
        for _ in range(_AT_ONCE):
            name = next(self._round, None)
            if name is None:
                self._round = None
                break
            found = self._by_id.get(name)
            if found is not None and found.state.is_over and found.updated <= unused_since:
                gone.append(tombstone(name))
        return gone
