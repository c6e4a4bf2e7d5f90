"""How much of the broker a client may use: the port, and the answer of a broker without quotas."""

from typing import Protocol

from headwater.security.access import Principal


class Quotas(Protocol):
    def charge(self, principal: Principal, client_id: str, *, api_key: int, bytes_in: int, bytes_out: int) -> int:
        """Account for one answered request; gives for how many milliseconds the connection is to be silent."""
        ...


class Unlimited:
    def charge(self, principal: Principal, client_id: str, *, api_key: int, bytes_in: int, bytes_out: int) -> int:
        del principal, client_id, api_key, bytes_in, bytes_out
        return 0
