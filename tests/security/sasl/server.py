"""The other side of a SCRAM exchange, written from the RFC alone."""

import hashlib
import hmac
from base64 import b64decode, b64encode


class ScramServer:
    def __init__(
        self, mechanism: str, password: str, *, salt: bytes = b"salt of the test", iterations: int = 4096
    ) -> None:
        self._hash = mechanism.removeprefix("SCRAM-").replace("SHA-", "sha")
        self._salt, self._iterations = salt, iterations
        self._salted = hashlib.pbkdf2_hmac(self._hash, password.encode(), salt, iterations)
        self._messages = ""

    def first(self, said: bytes) -> bytes:
        bare = said.decode().removeprefix("n,,")
        nonce = bare.partition(",r=")[2] + "theirs"
        first = f"r={nonce},s={b64encode(self._salt).decode()},i={self._iterations}"
        self._messages = f"{bare},{first},"
        return first.encode()

    def proves(self, said: bytes) -> bool:
        """RFC 5802: the proof, and the signature that anyone can make of the stored key, give the client's key."""
        bare, _, proof = said.decode().rpartition(",p=")
        self._messages += bare
        stored = hashlib.new(self._hash, self._mac(self._salted, b"Client Key")).digest()
        signature = self._mac(stored, self._messages.encode())
        shown = bytes(one ^ other for one, other in zip(b64decode(proof), signature, strict=True))
        return hashlib.new(self._hash, shown).digest() == stored

    def final(self) -> bytes:
        signature = self._mac(self._mac(self._salted, b"Server Key"), self._messages.encode())
        return b"v=" + b64encode(signature)

    def _mac(self, key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, self._hash)
