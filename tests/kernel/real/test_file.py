"""What the contract can't show on a healthy disk: failures, short writes, and who holds a descriptor."""

import asyncio
import errno
import fcntl
import os
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from threading import Event

import pytest

from headwater.kernel.errors import DiskError, DiskFull
from headwater.kernel.real import file as file_module
from headwater.kernel.real.disk import RealDisk
from headwater.kernel.real.syncing import SyncThreads
from headwater.kernel.world import Mode


def test_a_failed_sync_is_never_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tries: list[int] = []

    def fail(descriptor: int) -> None:
        tries.append(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    disk = RealDisk()
    file = disk.open(str(tmp_path / "a"), Mode.WRITE)
    monkeypatch.setattr(file_module, "sync_descriptor", fail)
    for _ in range(2):
        with pytest.raises(DiskError, match="a: Input/output error"):
            asyncio.run(file.sync())
    monkeypatch.undo()
    with pytest.raises(DiskError, match="Input/output error"):
        asyncio.run(disk.sync_all([file]))
    assert len(tries) == 1


@pytest.mark.parametrize(("failure", "expected"), [(None, []), (errno.ENOTSUP, ["fsync"])])
def test_on_macos_the_drives_cache_is_emptied_where_the_file_system_can(
    monkeypatch: pytest.MonkeyPatch, failure: int | None, expected: list[str]
):
    def full_sync(*_: int) -> int:
        if failure is not None:
            raise OSError(failure, "not supported")
        return 0

    synced: list[str] = []
    monkeypatch.setattr(file_module, "_FULL_SYNC", 51)
    monkeypatch.setattr(fcntl, "fcntl", full_sync)
    monkeypatch.setattr(os, "fsync", lambda _: synced.append("fsync"))
    file_module.sync_descriptor(0)
    assert synced == expected


def test_a_full_sync_that_truly_failed_is_a_failure(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: int) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(file_module, "_FULL_SYNC", 51)
    monkeypatch.setattr(fcntl, "fcntl", fail)
    with pytest.raises(OSError, match="Input/output"):
        file_module.sync_descriptor(0)


def test_one_file_that_fails_fails_the_round_at_once_and_the_others_are_synced_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    began, told, synced = count(), Event(), SimpleQueue[int]()

    def fail_first(descriptor: int) -> None:
        if next(began) == 0:
            raise OSError(errno.EIO, "Input/output error")
        if told.wait(timeout=10):
            synced.put(descriptor)

    disk = RealDisk()
    files = [disk.open(str(tmp_path / str(number)), Mode.WRITE) for number in range(30)]
    monkeypatch.setattr(file_module, "sync_descriptor", fail_first)
    with pytest.raises(DiskError):
        asyncio.run(disk.sync_all(files))
    told.set()
    assert len({synced.get(timeout=10) for _ in files[1:]}) == len(files) - 1


def test_a_short_write_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    writev = os.writev
    monkeypatch.setattr(os, "writev", lambda descriptor, buffers: writev(descriptor, [b"".join(buffers)[:4]]))
    file = RealDisk().open(str(tmp_path / "a"), Mode.WRITE)
    assert file.append([b"abc", b"def", memoryview(b"ghi")]) == 9
    assert file.pread(20, 0) == b"abcdefghi"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is Linux's /dev/full")
def test_a_full_disk_says_so():
    with pytest.raises(DiskFull, match="/dev/full: no space is left"):
        RealDisk().open("/dev/full", Mode.WRITE).append([b"x"])


def test_a_file_system_that_can_not_tell_what_is_cached_is_read_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> int:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    file = RealDisk().open(str(tmp_path / "a"), Mode.WRITE)
    file.append([b"abc"])
    monkeypatch.setattr(os, "preadv", refuse, raising=False)
    monkeypatch.setattr(file_module, "_NO_WAIT", 8)
    assert file.pread_now(10, 0) == b"abc"


@pytest.mark.parametrize(("got", "expected"), [(0, None), (2, None), (5, b"ab\0\0\0")])
def test_bytes_that_are_not_cached_to_the_end_are_not_there_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, got: int, expected: bytes | None
):
    def cached_only(_: int, windows: list[memoryview], *__: object) -> int:
        windows[0][:2] = b"ab"
        windows[0][2:5] = bytes(3)
        return got

    file = RealDisk().open(str(tmp_path / "a"), Mode.WRITE)
    file.append([b"abcde"])
    monkeypatch.setattr(os, "preadv", cached_only, raising=False)
    monkeypatch.setattr(file_module, "_NO_WAIT", 8)
    assert file.pread_now(10, 0) == expected


def test_a_descriptor_stays_open_under_a_sync_whose_waiter_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def leave_and_close() -> None:
        file = RealDisk().open(str(tmp_path / "a"), Mode.WRITE)
        waiter = asyncio.ensure_future(file.sync())
        await asyncio.sleep(0)
        waiter.cancel()
        file.close()
        await asyncio.wait([waiter])
        assert not closed
        file.let_go()  # stands for the end of the round, whenever its thread comes to it
        assert len(closed) == 1

    closed: list[int] = []
    monkeypatch.setattr(SyncThreads, "_start_threads", lambda *_: None)
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        monkeypatch.setattr(os, "close", closed.append)
        loop.run_until_complete(leave_and_close())
        monkeypatch.undo()


def test_a_path_that_cannot_be_asked_for_is_no_path_without_a_file(tmp_path: Path):
    disk = RealDisk()
    (tmp_path / "file").write_bytes(b"")
    assert not disk.exists(f"{tmp_path}/file/below")
    with pytest.raises(DiskError):
        disk.exists(f"{tmp_path}/{'x' * 300}")
