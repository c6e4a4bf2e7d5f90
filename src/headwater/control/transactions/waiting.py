"""Producers that begin their next transaction while the one before still gets its markers."""

from headwater.control.transactions.requests import AddPartitions
from headwater.machine.decision import Ticket


class Waiting:
    """By transactional id, in order. The runtime bounds how many there are."""

    def __init__(self) -> None:
        self._by_id: dict[str, list[tuple[Ticket, AddPartitions]]] = {}

    def park(self, transactional_id: str, ticket: Ticket, request: AddPartitions) -> None:
        self._by_id.setdefault(transactional_id, []).append((ticket, request))

    def take(self, transactional_id: str) -> list[tuple[Ticket, AddPartitions]]:
        return self._by_id.pop(transactional_id, [])
