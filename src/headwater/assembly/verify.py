"""Whether the files of a folder say what they must, for one partition or all of them. Nothing is written."""

from msgspec import Struct

from headwater.kernel.world import Disk
from headwater.log.segments.names import parse_folder_name
from headwater.log.segments.offline import log_files
from headwater.log.segments.verify import Problem, verify_log


class LogVerified(Struct, frozen=True, kw_only=True):
    log: str
    start: int
    end: int
    segments: int
    batches: int
    bytes: int
    problems: tuple[Problem, ...]


def verify(disk: Disk, path: str, *, opens_records: bool) -> list[LogVerified]:
    """Of a partition's folder one; of a broker's folder one for each partition; else none."""
    if not disk.exists(path):
        return []
    if log_files(disk, path):
        return [_verified(disk, path, opens_records)]
    folders = (f"{path}/{name}" for name in disk.list(path) if parse_folder_name(name))
    return [_verified(disk, each, opens_records) for each in folders if log_files(disk, each)]


def _verified(disk: Disk, folder: str, opens_records: bool) -> LogVerified:
    found = verify_log(disk, folder, opens_records=opens_records)
    return LogVerified(
        log=folder.rstrip("/").rpartition("/")[2],
        start=found.start,
        end=found.end,
        segments=found.segments,
        batches=found.batches,
        bytes=found.bytes,
        problems=found.problems,
    )
