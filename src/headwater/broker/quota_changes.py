"""Client quotas at work: durable ClientQuotaRecords change what clients and connections are measured by."""

from collections.abc import Sequence
from typing import Any

from headwater.control.cluster.client_quotas import entity_in
from headwater.control.cluster.machine import Cluster
from headwater.security.quotas.client_quotas import ClientQuotas
from headwater.security.quotas.connections import ConnectionRates
from headwater.wire.records.client_quota_record import ClientQuotaRecord


class DurableQuotas:
    """The subscriber that keeps both true."""

    def __init__(self, *quotas: ClientQuotas | ConnectionRates) -> None:
        self._quotas = quotas

    def reloaded(self, cluster: Cluster) -> None:
        for quotas in self._quotas:
            quotas.clear()
            for entity, values in cluster.quotas:
                for key, value in values.items():
                    quotas.change(entity, key, value)

    def durable(self, records: Sequence[Any]) -> None:
        for record in records:
            if isinstance(record, ClientQuotaRecord):
                for quotas in self._quotas:
                    quotas.change(entity_in(record), record.key, None if record.remove else record.value)
