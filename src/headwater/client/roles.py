"""Whom a question is for. Who that is at the moment is found anew for each attempt."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnyBroker:
    """Whoever can be reached."""


@dataclass(frozen=True, slots=True)
class Controller:
    """Who changes topics and settings."""


@dataclass(frozen=True, slots=True)
class Leader:
    """Who takes the records of a partition."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Coordinator:
    """Who keeps the members and offsets of a group."""

    group: str


@dataclass(frozen=True, slots=True)
class TransactionCoordinator:
    """Who decides about the transactions of a transactional id."""

    transactional_id: str


@dataclass(frozen=True, slots=True)
class Node:
    """One broker and no other. What may be held for long there, such as a fetch, has a lane of its own."""

    id: int
    lane: str = ""


Role = AnyBroker | Controller | Leader | Coordinator | TransactionCoordinator | Node
