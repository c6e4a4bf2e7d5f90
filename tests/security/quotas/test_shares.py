"""Which quota is a client's, and with whom it shares it."""

import pytest

from headwater.security.quotas.entities import entity_of
from headwater.security.quotas.shares import Shares

IN_ORDER: tuple[dict[str, str | None], ...] = (
    {"user": "ann", "client-id": "app"},
    {"user": "ann", "client-id": None},
    {"user": "ann"},
    {"user": None, "client-id": "app"},
    {"user": None, "client-id": None},
    {"user": None},
    {"client-id": "app"},
    {"client-id": None},
)
OF_CLIENT_IDS = [place for place, each in enumerate(IN_ORDER) if "client-id" in each]


def shares(*entities, **more):
    """Where each has its place in the list as its quota, counted from one."""
    made = Shares(burst_ms=10_000, **more)
    for each in entities:
        made.change(entity_of(each), IN_ORDER.index(each) + 1)
    return made


def bound(made, user="ann", client_id="app"):
    share = made.of(user, client_id, 0)
    return share and share.rate


@pytest.mark.parametrize("place", range(len(IN_ORDER)))
def test_the_most_particular_quota_decides(place):
    assert bound(shares(*IN_ORDER[place:])) == place + 1


def test_who_has_no_quota_has_no_bound():
    made = shares({"user": "ann"}, {"client-id": "app"})
    assert bound(made, "bob", "other") is None
    assert not shares()


@pytest.mark.parametrize("place", OF_CLIENT_IDS)
def test_quotas_of_client_ids_are_not_of_clients_without_one(place):
    assert bound(shares(IN_ORDER[place]), client_id="") is None


@pytest.mark.parametrize(
    ("entity", "shared"),
    [
        ({"user": "ann", "client-id": "app"}, [("ann", "app")]),
        ({"user": "ann"}, [("ann", "app"), ("ann", "other"), ("ann", "")]),
        ({"user": None}, [("ann", "app"), ("ann", "other")]),
        ({"client-id": "app"}, [("ann", "app"), ("bob", "app")]),
        ({"client-id": None}, [("ann", "app"), ("bob", "app")]),
    ],
)
def test_clients_that_one_quota_speaks_of_share_it(entity, shared):
    made = shares(entity)
    meters = [made.of(*client, 0) for client in shared]
    assert all(each is meters[0] for each in meters)


@pytest.mark.parametrize(
    ("entity", "one", "other"),
    [
        ({"user": None}, ("ann", "app"), ("bob", "app")),
        ({"user": "ann", "client-id": None}, ("ann", "app"), ("ann", "other")),
        ({"user": None, "client-id": None}, ("ann", "app"), ("bob", "app")),
        ({"client-id": None}, ("ann", "app"), ("ann", "other")),
    ],
)
def test_a_default_gives_each_a_share_of_its_own(entity, one, other):
    made = shares(entity)
    assert made.of(*one, 0) is not made.of(*other, 0)


def test_what_was_used_stays_used_when_the_quota_changes():
    made = shares({"user": "ann"})
    made.of("ann", "app", 0).take(100, 0)
    made.change(entity_of({"user": "ann"}), 1)
    assert made.of("ann", "app", 0).owed_ms(0) == 70_000


def test_a_quota_that_is_taken_away_gives_way_to_the_next():
    made = shares({"user": "ann"}, {"client-id": None})
    made.change(entity_of({"user": "ann"}), None)
    assert bound(made) == 8
    made.clear()
    assert bound(made) is None


def test_clients_that_use_nothing_are_forgotten_for_new_ones():
    made = shares({"client-id": None}, shares_max=4)
    busy = made.of("", "busy", 0)
    busy.take(1, 0)
    for number in range(100):
        made.of("", f"client {number}", 0)
    assert made.of("", "busy", 0) is busy
