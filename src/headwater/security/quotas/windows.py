"""Over what time a quota is kept, in Kafka's words: so many windows of so many seconds, the one that goes on now included."""

from msgspec import Struct


class Windows(Struct, frozen=True, kw_only=True):
    count: int
    size_ms: int

    @property
    def burst_ms(self) -> int:
        """What comes in this time may come at once, after silence: Kafka's rate looks at no less than the whole windows."""
        return max(self.count - 1, 1) * self.size_ms

    @property
    def span_ms(self) -> int:
        """The same for changes of topics (KIP-599)."""
        return self.count * self.size_ms
