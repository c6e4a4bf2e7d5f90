"""One client's fetch session: what it fetches, and what it was told last."""

from collections.abc import Sequence
from typing import Final

from headwater.broker.fetch.asked import Answer, Asked, Key
from headwater.wire.messages.fetch_response import PartitionData

NO_SESSION: Final = 0
_NEVER_TOLD: Final = -1


class _Kept:
    """A partition of a session, with the bounds that the client knows."""

    __slots__ = ("asked", "high_watermark", "start")

    def __init__(self, asked: Asked, *, high_watermark: int = _NEVER_TOLD, start: int = _NEVER_TOLD) -> None:
        self.asked = asked
        self.high_watermark = high_watermark
        self.start = start

    def is_news(self, data: PartitionData) -> bool:
        return (
            bool(data.records)
            or data.error_code != 0
            or data.high_watermark != self.high_watermark
            or data.log_start_offset != self.start
            or data.diverging_epoch.epoch >= 0
        )

    def told(self, data: PartitionData) -> None:
        """An error is told as often as it comes, and what follows it counts as news."""
        self.high_watermark = _NEVER_TOLD if data.error_code else data.high_watermark
        self.start = data.log_start_offset


class FetchSession:
    """`epoch` is the one that the next request must have."""

    __slots__ = ("_kept", "began", "by_id", "epoch", "id", "used")

    def __init__(self, session_id: int, answers: Sequence[Answer], *, by_id: bool, now: int) -> None:
        self.id = session_id
        self.epoch = 1
        self.by_id = by_id
        self.began = now
        self.used = now
        self._kept: dict[Key, _Kept] = {}
        for answer in answers:
            kept = self._kept[answer.asked.key] = _Kept(answer.asked)
            kept.told(answer.data)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def asked(self) -> list[Asked]:
        """In the order in which they are read: who was given records last is read last."""
        return [kept.asked for kept in self._kept.values()]

    def update(self, asked: Sequence[Asked], forgotten: Sequence[Key]) -> None:
        for each in asked:
            kept = self._kept.get(each.key)
            if kept is None:
                self._kept[each.key] = _Kept(each)
            else:
                kept.asked = each
        for key in forgotten:
            self._kept.pop(key, None)

    def news(self, answers: Sequence[Answer]) -> list[Answer]:
        """The answers that tell the client something. Partitions that gave records go to the end of the order."""
        news = []
        for answer in answers:
            key = answer.asked.key
            kept = self._kept[key]
            if kept.is_news(answer.data):
                kept.told(answer.data)
                news.append(answer)
            if answer.size:
                self._kept[key] = self._kept.pop(key)
        return news
