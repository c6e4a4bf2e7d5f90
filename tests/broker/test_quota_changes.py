"""What is durable of quotas is what clients are measured by."""

from tests.broker.serving import WINDOWS, unlimited
from tests.control.cluster.test_client_quotas import PARTS, SET, replayed

from headwater.broker.quota_changes import DurableQuotas
from headwater.kernel.counters import Counters
from headwater.security.quotas.connections import ConnectionRates
from headwater.wire.records.client_quota_record import ClientQuotaRecord, EntityData
from headwater.wire.records.topic_record import TopicRecord

GONE = ClientQuotaRecord(entity=PARTS, key="producer_byte_rate", remove=True)
CONNECTIONS = ClientQuotaRecord(
    entity=(EntityData(entity_type="ip", entity_name=None),), key="connection_creation_rate", value=0.1
)


def let_in(rates):
    return sum(not rates.refused_ms("192.0.2.1", now=0) for _ in range(100))


def test_durable_records_set_quotas_and_take_them_away():
    quotas, rates = unlimited(Counters()), ConnectionRates(WINDOWS)
    changes = DurableQuotas(quotas, rates)
    changes.durable([TopicRecord(name="orders"), SET, CONNECTIONS])
    assert quotas.charges
    assert let_in(rates) == 1
    changes.durable([GONE])
    assert not quotas.charges


def test_a_load_takes_back_what_is_there_no_longer():
    quotas, rates = unlimited(Counters()), ConnectionRates(WINDOWS)
    changes = DurableQuotas(quotas, rates)
    changes.durable([SET])
    changes.reloaded(replayed(CONNECTIONS))
    assert not quotas.charges
    assert let_in(rates) == 1
    changes.reloaded(replayed(SET))
    assert quotas.charges
    assert let_in(rates) == 100
