"""What "works" means for a disk: one suite for the real one and for the simulated one."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from headwater.kernel.errors import DiskError, FileMissing, FolderInUse
from headwater.kernel.real.disk import RealDisk
from headwater.kernel.world import Disk, File, Mode


class DiskContract:
    """Subclasses give two fixtures: `disk`, and `folder`, the path of an empty folder on it."""

    def test_what_was_appended_is_read_back(self, disk: Disk, folder: str):
        file = disk.open(f"{folder}/a", Mode.WRITE)
        assert file.append([b"one", bytearray(b"two"), memoryview(b"three")]) == 11
        assert file.append([b"!"]) == 1
        assert file.pread(100, 0) == b"onetwothree!"
        assert file.pread(3, 3) == b"two"
        assert file.size == disk.size(file.path) == 12
        file.close()

    def test_more_buffers_than_one_call_takes_are_all_written(self, disk: Disk, folder: str):
        parts = [str(number).encode() for number in range(5000)]
        file = disk.open(f"{folder}/a", Mode.WRITE)
        assert file.append(parts) == sum(map(len, parts))
        assert disk.read(file.path) == b"".join(parts)

    def test_appending_nothing_writes_nothing(self, disk: Disk, folder: str):
        file = disk.open(f"{folder}/a", Mode.WRITE)
        assert file.append([]) == file.append([b""]) == 0
        assert file.size == 0

    def test_reading_past_the_end_gives_nothing(self, disk: Disk, folder: str):
        file = written(disk, f"{folder}/a", b"abc")
        assert file.pread(10, 3) == file.pread(10, 99) == b""
        assert file.pread_now(10, 3) == b""

    def test_bytes_just_written_need_no_waiting(self, disk: Disk, folder: str):
        data = bytes(range(256)) * 10_000
        file = written(disk, f"{folder}/a", data)
        assert file.pread_now(len(data) + 1, 0) == data
        assert file.pread_now(5, 254) == b"\xfe\xff\x00\x01\x02"

    def test_a_file_opened_again_is_kept_and_appended_to(self, disk: Disk, folder: str):
        written(disk, f"{folder}/a", b"first").close()
        written(disk, f"{folder}/a", b" second").close()
        assert disk.read(f"{folder}/a") == b"first second"

    def test_pwrite_overwrites_in_place_and_append_still_goes_to_the_end(self, disk: Disk, folder: str):
        file = written(disk, f"{folder}/a", b"abcdef")
        file.pwrite(b"XY", 2)
        file.append([b"g"])
        assert file.pread(10, 0) == b"abXYefg"

    def test_pwrite_past_the_end_leaves_zeros_between(self, disk: Disk, folder: str):
        file = written(disk, f"{folder}/a", b"ab")
        file.pwrite(b"z", 4)
        assert file.pread(10, 0) == b"ab\0\0z"

    def test_truncate_cuts_and_append_goes_on_from_there(self, disk: Disk, folder: str):
        file = written(disk, f"{folder}/a", b"abcdef")
        file.truncate(3)
        file.append([b"!"])
        assert file.pread(10, 0) == b"abc!"

    def test_truncate_past_the_end_fills_with_zeros(self, disk: Disk, folder: str):
        file = written(disk, f"{folder}/a", b"a")
        file.truncate(3)
        assert file.pread(10, 0) == b"a\0\0"

    def test_files_are_synced_alone_and_together(self, disk: Disk, folder: str):
        async def sync(files: Sequence[File]) -> None:
            await files[0].sync()
            await disk.sync_all(files)
            await disk.sync_all([])
            await disk.sync_folder(folder)

        files = [written(disk, f"{folder}/{number}", b"x") for number in range(40)]
        asyncio.run(sync(files))

    def test_a_file_may_be_closed_twice_and_while_it_is_synced(self, disk: Disk, folder: str):
        async def close_while_syncing() -> None:
            file = written(disk, f"{folder}/a", b"x")
            sync = asyncio.ensure_future(file.sync())
            await asyncio.sleep(0)
            file.close()
            file.close()
            await sync

        asyncio.run(close_while_syncing())
        assert disk.read(f"{folder}/a") == b"x"

    def test_a_small_file_is_replaced_whole_and_leaves_nothing_beside_it(self, disk: Disk, folder: str):
        asyncio.run(disk.write(f"{folder}/a", b"old and longer"))
        asyncio.run(disk.write(f"{folder}/a", b"new"))
        assert disk.read(f"{folder}/a") == b"new"
        assert disk.list(folder) == ["a"]

    def test_a_folder_lists_its_names_in_order(self, disk: Disk, folder: str):
        for name in ("b", "a", "c"):
            written(disk, f"{folder}/{name}", b"").close()
        disk.make_folder(f"{folder}/d/e")
        disk.make_folder(f"{folder}/d/e")
        assert disk.list(folder) == ["a", "b", "c", "d"]
        assert disk.list(f"{folder}/d") == ["e"]

    def test_renaming_replaces_a_file_and_moves_a_folder_with_what_is_in_it(self, disk: Disk, folder: str):
        written(disk, f"{folder}/a", b"new").close()
        written(disk, f"{folder}/b", b"old").close()
        disk.rename(f"{folder}/a", f"{folder}/b")
        assert disk.read(f"{folder}/b") == b"new"
        disk.make_folder(f"{folder}/before")
        written(disk, f"{folder}/before/x", b"in it").close()
        disk.rename(f"{folder}/before", f"{folder}/after")
        assert disk.read(f"{folder}/after/x") == b"in it"
        assert disk.list(folder) == ["after", "b"]

    def test_an_open_file_follows_its_rename_and_survives_its_removal(self, disk: Disk, folder: str):
        file = written(disk, f"{folder}/a", b"one")
        disk.rename(f"{folder}/a", f"{folder}/b")
        file.append([b" two"])
        assert disk.read(f"{folder}/b") == b"one two"
        disk.remove(f"{folder}/b")
        assert file.pread(10, 0) == b"one two"
        assert not disk.exists(f"{folder}/b")

    def test_removing_takes_a_folder_with_all_in_it_and_minds_nothing_missing(self, disk: Disk, folder: str):
        disk.make_folder(f"{folder}/d/e")
        written(disk, f"{folder}/d/e/a", b"x").close()
        disk.remove(f"{folder}/d")
        disk.remove(f"{folder}/d")
        assert disk.list(folder) == []

    def test_what_is_not_there_is_a_missing_file_that_names_its_path(self, disk: Disk, folder: str):
        nowhere = f"{folder}/none/a"
        calls = (disk.read, disk.size, disk.modified, disk.list, lambda path: disk.open(path, Mode.READ))
        for call in (*calls, lambda path: disk.open(path, Mode.WRITE), lambda path: disk.rename(path, f"{folder}/b")):
            with pytest.raises(FileMissing) as raised:
                call(nowhere)
            assert raised.value.path == nowhere
        with pytest.raises(FileMissing):
            asyncio.run(disk.write(nowhere, b""))
        with pytest.raises(FileMissing):
            asyncio.run(disk.sync_folder(f"{folder}/none"))
        assert not disk.exists(nowhere)

    def test_a_file_opened_for_reading_can_not_be_written(self, disk: Disk, folder: str):
        written(disk, f"{folder}/a", b"x").close()
        file = disk.open(f"{folder}/a", Mode.READ)
        with pytest.raises(DiskError):
            file.append([b"y"])
        assert file.pread(10, 0) == b"x"

    def test_a_folder_has_one_owner_at_a_time(self, disk: Disk, folder: str):
        lock = disk.lock(folder)
        with pytest.raises(FolderInUse):
            disk.lock(folder)
        lock.release()
        lock.release()
        disk.lock(folder).release()

    def test_space_is_known(self, disk: Disk, folder: str):
        space = disk.space(folder)
        assert 0 < space.usable <= space.total

    def test_a_file_tells_when_it_was_modified(self, disk: Disk, folder: str):
        first = written(disk, f"{folder}/a", b"x")
        later = written(disk, f"{folder}/b", b"x")
        assert 0 < disk.modified(first.path) <= disk.modified(later.path)


def written(disk: Disk, path: str, data: bytes) -> File:
    file = disk.open(path, Mode.WRITE)
    file.append([data])
    return file


class TestRealDisk(DiskContract):
    @pytest.fixture
    def disk(self) -> Disk:
        return RealDisk()

    @pytest.fixture
    def folder(self, tmp_path: Path) -> str:
        return str(tmp_path)
