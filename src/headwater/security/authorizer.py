"""Whether a principal may do what it asks for: the port, and the answer of a broker without an authorizer."""

from typing import Protocol

from headwater.security.access import Operation, Principal, Resource


class Authorizer(Protocol):
    def allows(self, principal: Principal, host: str, operation: Operation, resource: Resource) -> bool:
        """Asked for each item of each request, so it answers from memory."""
        ...


class AllowAll:
    """Apache Kafka without `authorizer.class.name`: whoever can connect may do everything."""

    def allows(self, principal: Principal, host: str, operation: Operation, resource: Resource) -> bool:
        del principal, host, operation, resource
        return True
