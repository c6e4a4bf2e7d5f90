"""Client quotas, as ClientQuotaRecords: what each entity may have of each key.

What may be set for whom stands in `security/quotas`, and only deciding asks. Replay takes what the log holds.
"""

from collections.abc import Iterator, Mapping

from headwater.control.cluster.requests import ChangeQuotas
from headwater.control.errors import InvalidRequest
from headwater.machine.decision import Decision, Record, Ticket, answer
from headwater.security.quotas.entities import Entity, entity_of, entity_refusal, value_refusal
from headwater.wire.records.client_quota_record import ClientQuotaRecord, EntityData


class ClientQuotas:
    """The family of ClientQuotaRecord."""

    def __init__(self) -> None:
        self._by_entity: dict[Entity, dict[str, float]] = {}

    def __iter__(self) -> Iterator[tuple[Entity, Mapping[str, float]]]:
        return iter(self._by_entity.items())

    def of(self, entity: Entity) -> Mapping[str, float]:
        return self._by_entity.get(entity, {})

    def decide_change(self, request: ChangeQuotas, *, ticket: Ticket) -> Decision:
        refusal = entity_refusal(request.entity) or next(_value_refusals(request), None)
        if refusal:
            return answer(ticket, InvalidRequest(refusal))
        if request.validate_only:
            return answer(ticket, None)
        return Decision(records=tuple(self._difference(request)), answers=((ticket, None),))

    def _difference(self, request: ChangeQuotas) -> Iterator[ClientQuotaRecord]:
        have = self.of(request.entity)
        for key, value in request.changes.items():
            if have.get(key) != value:
                yield _record(request.entity, key, value)

    def replay(self, record: ClientQuotaRecord) -> None:
        entity = entity_in(record)
        quotas = self._by_entity.setdefault(entity, {})
        if record.remove:
            quotas.pop(record.key, None)
        else:
            quotas[record.key] = record.value
        if not quotas:
            del self._by_entity[entity]

    def snapshot(self) -> Iterator[Record]:
        for entity, quotas in self._by_entity.items():
            for key, value in quotas.items():
                yield _record(entity, key, value)


def entity_in(record: ClientQuotaRecord) -> Entity:
    return entity_of({each.entity_type: each.entity_name for each in record.entity})


def _value_refusals(request: ChangeQuotas) -> Iterator[str]:
    for key, value in request.changes.items():
        if value is not None and (refusal := value_refusal(request.entity, key, value)):
            yield refusal


def _record(entity: Entity, key: str, value: float | None) -> ClientQuotaRecord:
    return ClientQuotaRecord(
        entity=tuple(EntityData(entity_type=type_, entity_name=name) for type_, name in entity),
        key=key,
        value=0.0 if value is None else value,
        remove=value is None,
    )
