"""What registries tell each other, byte for byte as Confluent's do, and whom they choose."""

import pytest

from headwater.registry.election.protocol import DUPLICATE_URLS, NO_ERROR, Assignment, Identity, choose
from headwater.registry.errors import UnreadableIdentity

H = Identity(host="h", port=8081)
OF_H = b'{"host":"h","port":8081,"master_eligibility":true,"scheme":"http","version":1,"leader":false}'


def at(host: str, *, eligible: bool = True, leader: bool = False) -> Identity:
    return Identity(host=host, port=8081, master_eligibility=eligible, leader=leader)


def test_an_identity_is_written_and_read_as_confluents():
    assert H.encoded() == OF_H
    assert Identity.decoded(OF_H) == H


def test_an_assignment_is_written_and_read_as_confluents():
    named = b'{"error":0,"master":"m-1","master_identity":' + OF_H + b',"version":1}'
    assignment = Assignment(error=NO_ERROR, master="m-1", master_identity=H)
    assert assignment.encoded() == named
    assert Assignment.decoded(named) == assignment
    nobody = Assignment(error=DUPLICATE_URLS)
    assert nobody.encoded() == b'{"error":1,"version":1}'
    assert Assignment.decoded(nobody.encoded()) == nobody


def test_an_identity_of_an_older_or_younger_registry_is_understood():
    old = b'{"version":1,"host":"h","port":8081,"master_eligibility":true}'
    assert Identity.decoded(old) == H
    assert Identity.decoded(OF_H[:-1] + b',"since":2027}') == H


@pytest.mark.parametrize("data", [b"", b"[]", b'{"host":"h"}', b"\xff", b'{"host":"h","port":"x"}'])
def test_what_is_no_identity_is_refused(data):
    with pytest.raises(UnreadableIdentity):
        Identity.decoded(data)


def test_the_smallest_url_is_chosen():
    chosen = choose({"2": at("b"), "1": at("c"), "3": at("a")}, sticky=False)
    assert chosen == Assignment(error=NO_ERROR, master="3", master_identity=at("a"))


def test_who_is_not_eligible_is_not_chosen():
    assert choose({"1": at("a", eligible=False), "2": at("b")}, sticky=False).master == "2"
    nobody = choose({"1": at("a", eligible=False)}, sticky=False)
    assert (nobody.error, nobody.master, nobody.master_identity) == (NO_ERROR, None, None)


def test_who_has_written_goes_on_where_elections_are_sticky():
    members = {"1": at("a"), "2": at("b", leader=True)}
    assert choose(members, sticky=True).master == "2"
    assert choose(members, sticky=False).master == "1"


def test_two_that_believe_to_write_are_chosen_between_as_if_none_did():
    members = {"1": at("a"), "2": at("b", leader=True), "3": at("c", leader=True)}
    assert choose(members, sticky=True).master == "1"


def test_two_at_one_url_are_an_error():
    assert choose({"1": at("a"), "2": at("a")}, sticky=False).error == DUPLICATE_URLS


def test_what_an_identity_believes_of_itself_does_not_make_it_another():
    assert at("a").is_same(at("a", leader=True))
    assert not at("a").is_same(at("b"))
    assert not at("a").is_same(None)
