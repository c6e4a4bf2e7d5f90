"""SCRAM (RFC 5802, RFC 7677), a client's side: both sides prove that they know the password, and neither says it.

    client-first    n,,n=USER,r=NONCE
    server-first    r=NONCE+THEIRS,s=SALT,i=ITERATIONS
    client-final    c=biws,r=NONCE+THEIRS,p=PROOF
    server-final    v=SIGNATURE, or e=WHY_NOT

As in Kafka, names and passwords are taken as they are, without SASLprep, and there is no channel binding.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from typing import Final

from headwater.security.errors import ExchangeFailed
from headwater.security.sasl.exchange import Credentials

HASHES: Final = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
_HEADER: Final = "n,,"
ITERATIONS: Final = range(4_096, 16_384 + 1)
"""What Kafka allows. Fewer would make a stolen proof easy to guess from; more would hold the loop too long, and a false server
could ask for billions."""


class Scram:
    """`nonce` is printable, without a comma, and never used twice."""

    def __init__(self, mechanism: str, credentials: Credentials, *, nonce: str) -> None:
        self.mechanism: Final = mechanism
        self._hash = HASHES[mechanism]
        self._password = credentials.password.reveal().encode()
        self._nonce = nonce
        self._first = f"n={_escaped(credentials.user)},r={nonce}"
        self._expected: bytes | None = None
        """The signature with which the server must prove itself, as soon as that is known."""

    def begin(self) -> bytes:
        return (_HEADER + self._first).encode()

    def answer(self, challenge: bytes) -> bytes | None:
        said = _attributes(challenge)
        if "e" in said:
            raise ExchangeFailed(f"the server says {said['e']}")
        if self._expected is None:
            return self._final(challenge.decode(), said)
        if not hmac.compare_digest(_binary(said, "v"), self._expected):
            raise ExchangeFailed("the server does not know the password: its signature is wrong")
        return None

    def _final(self, challenge: str, said: dict[str, str]) -> bytes:
        nonce, salt, iterations = said.get("r", ""), _binary(said, "s"), _iterations(said)
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise ExchangeFailed("the server's nonce does not continue this client's")
        salted = hashlib.pbkdf2_hmac(self._hash, self._password, salt, iterations)
        bare = f"c={b64encode(_HEADER.encode()).decode()},r={nonce}"
        messages = f"{self._first},{challenge},{bare}".encode()
        client_key = self._hmac(salted, b"Client Key")
        signature = self._hmac(hashlib.new(self._hash, client_key).digest(), messages)
        proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
        self._expected = self._hmac(self._hmac(salted, b"Server Key"), messages)
        return f"{bare},p={b64encode(proof).decode()}".encode()

    def _hmac(self, key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, self._hash)


def _escaped(user: str) -> str:
    return user.replace("=", "=3D").replace(",", "=2C")


def _attributes(message: bytes) -> dict[str, str]:
    try:
        parts = [each.partition("=") for each in message.decode().split(",")]
    except UnicodeDecodeError:
        raise ExchangeFailed("the server's message is no text") from None
    return {name: value for name, _, value in parts}


def _binary(said: dict[str, str], name: str) -> bytes:
    try:
        return b64decode(said[name], validate=True)
    except (KeyError, NotBase64, ValueError):
        raise ExchangeFailed(f"the server's message has no {name}= that can be read") from None


def _iterations(said: dict[str, str]) -> int:
    text = said.get("i", "")
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(ITERATIONS.stop))):
        raise ExchangeFailed("the server's message has no i= that can be read")
    if int(text) not in ITERATIONS:
        raise ExchangeFailed(f"{text} iterations are asked for: {ITERATIONS[0]} to {ITERATIONS[-1]} are allowed")
    return int(text)
