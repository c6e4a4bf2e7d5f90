"""What a request needs to be allowed: which operation on which resource, for the request or for each of its items.

A handler declares its needs beside its versions, so that the declarations together are the table of Kafka's authorisation
(KIP-11 and what came later). The dispatcher asks. A request that is refused as a whole is answered by the API's
`refuse`; refused items are taken out before the handler sees the request, and their answers are added to its response.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from headwater.security.access import THE_CLUSTER, Operation, Resource
from headwater.wire.error_codes import ErrorCode
from headwater.wire.schema import Message, Structure

Ask: TypeAlias = Callable[[Operation, Resource], bool]


class Allowed(Struct, frozen=True, kw_only=True):
    """What is left of a request, and the answers of the items that are not. `refusal` refuses all of it."""

    request: Any
    refusal: ErrorCode | None = None
    answers: tuple[tuple[str, tuple[Structure, ...]], ...] = ()
    """By the name of the response's field to which they are added."""

    def complete(self, response: Any) -> Message:
        for name, refused in self.answers:
            response = replace(response, **{name: (*getattr(response, name), *refused)})
        whole: Message = response
        return whole


class Need(Protocol):
    def narrow(self, ask: Ask, allowed: Allowed) -> Allowed: ...


class Whole(Struct, frozen=True, kw_only=True):
    """One resource for the whole request. `of` gives it; None where this request needs nothing."""

    operation: Operation
    of: Callable[[Any], Resource | None]
    code: ErrorCode | None = None
    """Where Kafka answers with another code than the resource's own."""

    def narrow(self, ask: Ask, allowed: Allowed) -> Allowed:
        resource = self.of(allowed.request)
        if resource is None or ask(self.operation, resource):
            return allowed
        return Allowed(request=allowed.request, refusal=self.code or resource.type.refusal)


class Each(Struct, frozen=True, kw_only=True):
    """One resource for each item of a field of the request."""

    operation: Operation
    items: str
    """The request's field."""
    of: Callable[[Any], Resource | None]
    """The resource of an item; None where it is not known yet and the handler will ask itself."""
    refused: Callable[[Any, ErrorCode], Structure]
    """The answer of an item that is refused."""
    into: str
    """The response's field to which the answers of refused items are added."""
    unless: Operation | None = None
    """An operation on the cluster that makes up for all items."""

    def narrow(self, ask: Ask, allowed: Allowed) -> Allowed:
        items: Sequence[Any] = getattr(allowed.request, self.items) or ()
        if self.unless is not None and ask(self.unless, THE_CLUSTER):
            return allowed
        refused = [item for item in items if not self._is_allowed(ask, item)]
        if not refused:
            return allowed
        kept = tuple(item for item in items if not any(item is each for each in refused))
        return Allowed(
            request=replace(allowed.request, **{self.items: kept}),
            answers=(*allowed.answers, (self.into, tuple(self._answer(item) for item in refused))),
        )

    def _is_allowed(self, ask: Ask, item: Any) -> bool:
        resource = self.of(item)
        return resource is None or ask(self.operation, resource)

    def _answer(self, item: Any) -> Structure:
        resource = self.of(item)
        return self.refused(item, resource.type.refusal if resource else ErrorCode.CLUSTER_AUTHORIZATION_FAILED)


class Within(Struct, frozen=True, kw_only=True):
    """The handler asks itself, by `context.allows`: the names are known only inside (topic ids, all topics, sessions)."""

    operation: Operation
    why: str

    def narrow(self, ask: Ask, allowed: Allowed) -> Allowed:
        del ask
        return allowed


def the_cluster(operation: Operation) -> Whole:
    return Whole(operation=operation, of=lambda _: THE_CLUSTER)
