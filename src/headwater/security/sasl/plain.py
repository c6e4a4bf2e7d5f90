"""PLAIN (RFC 4616): the password as it is, so only where the connection is encrypted."""

from headwater.security.sasl.exchange import Credentials


class Plain:
    mechanism = "PLAIN"

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def begin(self) -> bytes:
        return f"\0{self._credentials.user}\0{self._credentials.password.reveal()}".encode()

    def answer(self, challenge: bytes) -> None:
        """The server has nothing to prove."""
        del challenge
