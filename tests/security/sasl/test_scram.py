"""SCRAM, against the examples of its RFCs and against another implementation of it."""

import pytest
from kafka.net.sasl.scram import ScramClient
from tests.security.sasl.server import ScramServer

from headwater.kernel.kinds import Secret
from headwater.security.errors import ExchangeFailed
from headwater.security.sasl.exchange import Credentials
from headwater.security.sasl.scram import Scram

PENCIL = Credentials(user="user", password=Secret("pencil"))
NONCE = "rOprNGfwEbeRWgbNEkqO"
THEIRS = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
SALT = "W22ZaJ0SNY7soEsUEjb6gQ=="
FIRST = f"r={NONCE}{THEIRS},s={SALT},i=4096".encode()


def test_the_example_of_rfc_7677_is_answered_as_there():
    exchange = Scram("SCRAM-SHA-256", PENCIL, nonce=NONCE)
    assert exchange.begin() == f"n,,n=user,r={NONCE}".encode()
    proof = b"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    assert exchange.answer(FIRST) == f"c=biws,r={NONCE}{THEIRS},p=".encode() + proof
    assert exchange.answer(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") is None


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_another_client_says_the_same(mechanism):
    user, password = "anne", "pässword, with = and \N{SNOWMAN}"
    other = ScramClient(user, password, mechanism)
    nonce = other.nonce.decode()
    ours = Scram(mechanism, Credentials(user=user, password=Secret(password)), nonce=nonce)
    assert ours.begin() == other.first_message()
    first = f"r={nonce}more,s={SALT},i=8192".encode()
    other.process_server_first_message(first)
    assert ours.answer(first) == other.final_message()


def test_marks_in_a_name_are_escaped():
    odd = Credentials(user="a=b,c", password=Secret("pencil"))
    assert Scram("SCRAM-SHA-256", odd, nonce=NONCE).begin() == f"n,,n=a=3Db=2Cc,r={NONCE}".encode()


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_server_that_knows_the_password_and_one_that_does_not(mechanism):
    for password, right in (("pencil", True), ("pen", False)):
        server, client = ScramServer(mechanism, password), Scram(mechanism, PENCIL, nonce=NONCE)
        final = client.answer(server.first(client.begin()))
        assert final is not None
        assert server.proves(final) is right
        if right:
            assert client.answer(server.final()) is None
        else:
            with pytest.raises(ExchangeFailed, match="signature is wrong"):
                client.answer(server.final())


@pytest.mark.parametrize(
    ("challenge", "why"),
    [
        (b"e=unknown-user", "unknown-user"),
        (f"r=else,s={SALT},i=4096".encode(), "nonce"),
        (f"r={NONCE},s={SALT},i=4096".encode(), "nonce"),
        (f"r={NONCE}x,s={SALT},i=1".encode(), "4096 to 16384"),
        (f"r={NONCE}x,s={SALT},i=20000".encode(), "4096 to 16384"),
        (f"r={NONCE}x,s={SALT},i=99999999999999999999".encode(), "no i="),
        (f"r={NONCE}x,s={SALT},i=x".encode(), "no i="),
        (f"r={NONCE}x,s={SALT}".encode(), "no i="),
        (f"r={NONCE}x,s=?,i=4096".encode(), "no s="),
        (f"r={NONCE}x,i=4096".encode(), "no s="),
        (b"\xff", "no text"),
        (b"", "no s="),
    ],
)
def test_what_a_server_must_not_say_ends_the_exchange(challenge, why):
    exchange = Scram("SCRAM-SHA-256", PENCIL, nonce=NONCE)
    exchange.begin()
    with pytest.raises(ExchangeFailed, match=why):
        exchange.answer(challenge)
