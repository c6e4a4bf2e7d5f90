"""With which versions a new one is compared, and in which direction; and by which rules."""

from enum import StrEnum


class CompatibilityLevel(StrEnum):
    """BACKWARD: the new one reads what was written with those before. FORWARD: those before read what is written with it.
    Transitively all those before, else the newest of them."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"

    @property
    def is_transitive(self) -> bool:
        return self.endswith("_TRANSITIVE")

    @property
    def is_backward(self) -> bool:
        return self.startswith(("BACKWARD", "FULL"))

    @property
    def is_forward(self) -> bool:
        return self.startswith(("FORWARD", "FULL"))


class CompatibilityPolicy(StrEnum):
    """LENIENT is for JSON Schema. LOGICAL is STRICT, and asks too whether tables of Flink and Iceberg can follow."""

    LOGICAL = "LOGICAL"
    STRICT = "STRICT"
    LENIENT = "LENIENT"
