"""The port `Schemas` over a few sets: what is known at once, and what is known when it is asked for."""

import asyncio


class KnownSchemas:
    """Subjects by mark, with the strategy's prefix in `by_record` for those that are named by records."""

    def __init__(self) -> None:
        self.known: dict[tuple[bytes, str, bool], bool] = {}
        """What is known at once."""
        self.findable: dict[tuple[bytes, str, bool], bool] = {}
        """What is known when it was asked for."""
        self.away = False
        self.answering = asyncio.Event()
        self.answering.set()
        self.asked: list[tuple[bytes, str, bool]] = []

    def knows(self, mark: bytes, subject: str, *, by_record: bool) -> bool | None:
        return self.known.get((mark, subject, by_record))

    async def find(self, mark: bytes, subject: str, *, by_record: bool) -> bool | None:
        self.asked.append((mark, subject, by_record))
        await self.answering.wait()
        if self.away:
            return None
        return self.findable.get((mark, subject, by_record), False)
