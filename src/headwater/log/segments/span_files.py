"""The files of a closed segment, for whoever copies it elsewhere: the port `SpanFiles`."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from headwater.kernel.errors import DiskError, TooBusy
from headwater.kernel.world import Buffer, Mode, World
from headwater.log.epochs import Epochs
from headwater.log.errors import ReadFailed
from headwater.log.port import EpochStart
from headwater.log.segments.checkpoints import write_epochs
from headwater.log.segments.contents import Contents
from headwater.log.segments.names import LOG, OFFSET_INDEX, PRODUCER_SNAPSHOT, TIME_INDEX, TXN_INDEX, stem
from headwater.log.segments.segment import Segment
from headwater.log.tiering.local_log import Part
from headwater.wire.types import Offset

_INDEXES: Final = {Part.OFFSET_INDEX: OFFSET_INDEX, Part.TIME_INDEX: TIME_INDEX, Part.TXN_INDEX: TXN_INDEX}


class SegmentFiles:
    """The small files are read at once; the log file is held open, and so outlives its name."""

    def __init__(self, world: World, contents: Contents, segment: Segment, end: Offset) -> None:
        self._world = world
        self._path = segment.path(LOG)
        self.log_bytes: Final = segment.size
        self.epochs: Sequence[EpochStart] = Epochs(contents.epochs.entries).within(segment.base, end)
        self.small: Mapping[Part, bytes] = self._small(contents, segment, end)
        self._file = world.disk.open(self._path, Mode.READ)

    async def read_log(self, size: int, position: int) -> Buffer:
        try:
            data = self._file.pread_now(size, position)
            if data is None:
                data = await self._world.workers.run(partial(self._file.pread, size, position))
        except (DiskError, TooBusy) as error:
            raise ReadFailed(self._path, str(error)) from error
        if len(data) < size:
            raise ReadFailed(self._path, f"it ends {size - len(data)} bytes too early")
        return data

    def close(self) -> None:
        self._file.close()

    def _small(self, contents: Contents, segment: Segment, end: Offset) -> dict[Part, bytes]:
        """The producers are those at the end of the segment, which is where the next one's snapshot was taken."""
        paths = {part: segment.path(suffix) for part, suffix in _INDEXES.items()}
        paths[Part.PRODUCER_SNAPSHOT] = f"{contents.folder}/{stem(end)}{PRODUCER_SNAPSHOT}"
        disk = self._world.disk
        found = {part: disk.read(path) for part, path in paths.items() if disk.exists(path)}
        return {**found, Part.EPOCHS: write_epochs(self.epochs)}
