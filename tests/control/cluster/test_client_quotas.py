"""Client quotas: requests in, records out."""

import pytest
from tests.control.cluster.test_topics import NOON, Rules, T

from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.requests import ChangeQuotas
from headwater.control.errors import InvalidRequest
from headwater.machine.decision import Decision
from headwater.security.quotas.entities import entity_of
from headwater.wire.records.client_quota_record import ClientQuotaRecord, EntityData

ANN = entity_of({"user": "ann"})
PARTS = (EntityData(entity_type="user", entity_name="ann"),)
SET = ClientQuotaRecord(entity=PARTS, key="producer_byte_rate", value=1024.0)


def replayed(*records):
    cluster = Cluster(rules=Rules())
    for each in records:
        cluster.replay(each)
    return cluster


def decide(cluster, entity=ANN, *, validate_only=False, **changes):
    request = ChangeQuotas(entity=entity, changes=changes, validate_only=validate_only)
    return cluster.decide(request, ticket=T, moment=NOON)


def test_a_quota_is_set_changed_and_taken_away():
    cluster = replayed()
    decision = decide(cluster, producer_byte_rate=1024.0, request_percentage=None)
    assert decision == Decision(records=(SET,), answers=((T, None),))
    cluster.replay(SET)
    assert dict(cluster.quotas) == {ANN: {"producer_byte_rate": 1024.0}}
    gone = decide(cluster, producer_byte_rate=None)
    assert gone.records == (ClientQuotaRecord(entity=PARTS, key="producer_byte_rate", remove=True),)
    cluster.replay(*gone.records)
    assert dict(cluster.quotas) == {}


@pytest.mark.parametrize("value", [1024.0, None])
def test_what_is_as_asked_for_already_writes_nothing(value):
    cluster = replayed(SET) if value else replayed()
    assert decide(cluster, producer_byte_rate=value) == Decision(answers=((T, None),))


def test_all_changes_of_an_entity_are_made_or_none():
    decision = decide(replayed(), producer_byte_rate=1.0, of_nobody=1.0)
    assert decision == Decision(answers=((T, InvalidRequest("Invalid configuration key of_nobody")),))


def test_an_entity_that_can_have_none_is_refused_whatever_is_asked():
    refusal = InvalidRequest("Invalid empty client quota entity")
    assert decide(replayed(), ()) == Decision(answers=((T, refusal),))


def test_what_is_only_validated_writes_nothing():
    assert decide(replayed(), validate_only=True, producer_byte_rate=1.0) == Decision(answers=((T, None),))


def test_a_snapshot_has_what_a_newer_broker_knows_too():
    known = replayed(
        SET, ClientQuotaRecord(entity=(EntityData(entity_type="new", entity_name=None),), key="k", value=1.0)
    )
    assert dict(replayed(*known.snapshot()).quotas) == dict(known.quotas)
