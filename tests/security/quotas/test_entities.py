"""What may be set for whom. The texts of what Kafka refuses are its own."""

from math import inf, nan

import pytest

from headwater.security.quotas.entities import entity_of, entity_refusal, value_refusal


@pytest.mark.parametrize(
    "names",
    [
        {"user": "ann"},
        {"user": None},
        {"client-id": "app"},
        {"client-id": None},
        {"user": "ann", "client-id": None},
        {"ip": "192.0.2.1"},
        {"ip": "2001:db8::1"},
        {"ip": None},
    ],
)
def test_users_client_ids_both_and_addresses_have_quotas(names):
    assert entity_refusal(entity_of(names)) is None


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ({}, "Invalid empty client quota entity"),
        ({"user": ""}, "Empty user not supported"),
        ({"topic": "orders"}, "Unhandled client quota entity type: topic"),
        ({"ip": "192.0.2.1", "user": "ann"}, "Invalid quota entity combination"),
        ({"ip": "host.example"}, "host.example is not a valid IP address"),
    ],
)
def test_others_have_none(names, why):
    assert why in (entity_refusal(entity_of(names)) or "")


@pytest.mark.parametrize(
    ("names", "key", "value", "why"),
    [
        ({"user": "ann"}, "producer_byte_rate", 1024.0, None),
        ({"user": "ann"}, "request_percentage", 0.5, None),
        ({"user": "ann"}, "producer_byte_rate", 0.0, "Quota producer_byte_rate must be greater than 0"),
        ({"user": "ann"}, "producer_byte_rate", -1.0, "Quota producer_byte_rate must be greater than 0"),
        ({"user": "ann"}, "producer_byte_rate", 1.5, "producer_byte_rate cannot be a fractional value."),
        ({"user": "ann"}, "producer_byte_rate", 2.0**70, "Proposed value for producer_byte_rate is too large"),
        ({"user": "ann"}, "request_percentage", nan, "Quota request_percentage must be greater than 0"),
        ({"user": "ann"}, "request_percentage", inf, "Quota request_percentage must be a number"),
        ({"user": "ann"}, "connection_creation_rate", 1.0, "Invalid configuration key connection_creation_rate"),
        ({"ip": None}, "connection_creation_rate", 100.0, None),
        ({"ip": None}, "connection_creation_rate", 2.0**31, "Proposed value for connection_creation_rate is too large"),
        ({"ip": None}, "producer_byte_rate", 1.0, "Invalid configuration key producer_byte_rate"),
    ],
)
def test_a_value_is_right_for_its_key(names, key, value, why):
    refusal = value_refusal(entity_of(names), key, value)
    assert refusal is None if why is None else why in (refusal or "")
