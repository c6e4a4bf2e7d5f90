"""What is found out about a folder before it is opened, and which are left alone, byte for byte."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.assembly.test_start import make_topic, options, started

from headwater.assembly.broker import Broker
from headwater.assembly.errors import CannotOpen
from headwater.control.cluster.codec import MetadataCodec
from headwater.control.cluster.features import LATEST_METADATA
from headwater.kernel.real.disk import RealDisk
from headwater.kernel.units import Timestamp
from headwater.log.journals.quorum import QuorumRecords
from headwater.log.journals.snapshot_file import snapshot_file
from headwater.log.segments.folder import FolderIdentity, write_identity
from headwater.log.segments.offline import stored_batches
from headwater.machine.decision import Record
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.control import ControlType, build_control_batch
from headwater.wire.codec import encode_bytes
from headwater.wire.metadata_records import encode_metadata
from headwater.wire.records.feature_level_record import FeatureLevelRecord
from headwater.wire.records.kraft_version_record import KRaftVersionRecord
from headwater.wire.records.register_broker_record import RegisterBrokerRecord
from headwater.wire.records.user_scram_credential_record import UserScramCredentialRecord
from headwater.wire.records.voters_record import Voter, VotersRecord
from headwater.wire.types import LeaderEpoch, NodeId, Offset, Uuid

METADATA = "__cluster_metadata-0"
FIRST_SNAPSHOT = "00000000000000000000-0000000000.checkpoint"
DIRECTORY = Uuid(bytes([9]) * 16)
EPOCH = LeaderEpoch(1)
NOW = Timestamp(1_700_000_000_000)


def tell(folder: Path, *records: Record) -> None:
    """As if whoever had the folder before had written these."""
    values = [NewRecord(value=encode_metadata(each, max(type(each).VERSIONS)), timestamp=NOW) for each in records]
    add(folder, build_batch(values, base_offset=end_of(folder), leader_epoch=EPOCH))


def tell_voters(folder: Path, *voters: int) -> None:
    record = VotersRecord(voters=tuple(Voter(voter_id=each, voter_directory_id=Uuid(bytes(16))) for each in voters))
    controls = [
        (ControlType.KRAFT_VERSION, encode_bytes(KRaftVersionRecord(kraft_version=1), 0)),
        (ControlType.KRAFT_VOTERS, encode_bytes(record, 0)),
    ]
    add(folder, build_control_batch(controls, timestamp=NOW, base_offset=end_of(folder), leader_epoch=EPOCH))


def add(folder: Path, batch: bytes | bytearray) -> None:
    with max((folder / METADATA).glob("*.log")).open("ab") as log:
        log.write(batch)
    (folder / ".kafka_cleanshutdown").unlink(missing_ok=True)


def end_of(folder: Path) -> Offset:
    *_, (_, last, _) = stored_batches(RealDisk(), str(folder / METADATA))
    return Offset(last.last_offset + 1)


def bytes_of(folder: Path) -> dict[str, bytes]:
    files = (each for each in folder.rglob("*") if each.is_file() and each.name != ".lock")
    return {str(each.relative_to(folder)): each.read_bytes() for each in files}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    started(options(tmp_path), make_topic)
    return tmp_path


def level(name: str, number: int) -> FeatureLevelRecord:
    return FeatureLevelRecord(name=name, feature_level=number)


def foreign() -> Iterator[tuple[str, list[Record]]]:
    yield "metadata.version is 6, and only 7 to 33", [level("metadata.version", 6)]
    yield "metadata.version is 34, and only 7 to 33", [level("metadata.version", LATEST_METADATA + 1)]
    yield "transaction.version is 3", [level("transaction.version", 3)]
    yield "no.such.version is 1", [level("no.such.version", 1)]
    yield "the brokers 4, 7 beside 1", [RegisterBrokerRecord(broker_id=each) for each in (7, 4)]
    folders = (Uuid(bytes([1]) * 16), Uuid(bytes([2]) * 16))
    yield "has 2 folders", [RegisterBrokerRecord(broker_id=1, log_dirs=folders)]
    yield "another directory.id", [RegisterBrokerRecord(broker_id=1, log_dirs=folders[:1])]


@pytest.mark.parametrize(("reason", "records"), list(foreign()))
def test_what_cannot_be_served_is_refused_and_left_byte_for_byte(folder: Path, reason: str, records: list[Record]):
    tell(folder, *records)
    before = bytes_of(folder)
    with pytest.raises(CannotOpen, match=reason):
        started(options(folder))
    assert bytes_of(folder) == before


@pytest.mark.parametrize(
    ("voters", "reason"), [((1, 2, 3), "the voters 2, 3 beside 1"), ((5,), "the voters 5 beside 1")]
)
def test_a_quorum_of_others_is_refused(folder: Path, voters: tuple[int, ...], reason: str):
    tell_voters(folder, *voters)
    with pytest.raises(CannotOpen, match=reason):
        started(options(folder))


def test_a_record_that_nobody_here_knows_is_refused_and_named(folder: Path):
    unknown = NewRecord(value=b"\x01\x7f\x00", timestamp=NOW)
    add(folder, build_batch([unknown], base_offset=end_of(folder), leader_epoch=EPOCH))
    with pytest.raises(CannotOpen, match="its type is unknown"):
        started(options(folder))


def test_the_levels_of_a_folder_stay_as_they_are_and_only_what_is_offered_is_shown(folder: Path):
    tell(folder, level("metadata.version", 20), level("eligible.leader.replicas.version", 1))
    tell_voters(folder, 1)

    async def look(broker: Broker) -> None:
        shown = {each.name: each.level for each in broker._features().finalized}
        assert shown["metadata.version"] == 20
        assert shown["kraft.version"] == 1
        assert "eligible.leader.replicas.version" not in shown
        assert broker._cluster.head.features.finalized["eligible.leader.replicas.version"] == 1

    started(options(folder), look)
    started(options(folder), look)


def test_a_node_is_the_one_of_its_folder_unless_it_is_told_another(tmp_path: Path):
    started(options(tmp_path, **{"node.id": "7"}))

    async def look(broker: Broker) -> None:
        assert broker._node_id == 7

    started(options(tmp_path), look)


def formatted(folder: Path, records: list[Record], *, dynamic: bool) -> None:
    """As `kafka-storage format` leaves it: at kraft.version 1 everything stands in the metadata log's first snapshot."""
    identity = FolderIdentity(cluster_id="made elsewhere", node_id=NodeId(1), directory_id=DIRECTORY)
    codec, quorum = MetadataCodec(metadata_level=lambda: LATEST_METADATA), QuorumRecords()
    quorum.kraft_version = int(dynamic)
    quorum.voters = VotersRecord(voters=(Voter(voter_id=1, voter_directory_id=DIRECTORY),))

    async def main() -> None:
        await write_identity(RealDisk(), str(folder), identity)
        snapshot = await snapshot_file(records, codec, epoch=LeaderEpoch(0), now=NOW, quorum=quorum.controls())
        path = folder / METADATA / FIRST_SNAPSHOT if dynamic else folder / "bootstrap.checkpoint"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(snapshot)

    asyncio.run(main())


@pytest.mark.parametrize("dynamic", [False, True])
def test_a_folder_that_was_only_formatted_begins_with_what_it_was_formatted_with(tmp_path: Path, dynamic: bool):
    alice = UserScramCredentialRecord(name="alice", mechanism=1, iterations=4096)
    formatted(tmp_path, [level("metadata.version", 20), alice], dynamic=dynamic)

    async def look(broker: Broker) -> None:
        cluster = broker._cluster.head
        assert cluster.features.finalized == {"metadata.version": 20}
        assert alice in list(cluster.snapshot())
        assert broker._quorum.kraft_version == int(dynamic)
        assert [each.node_id for each in cluster.brokers] == [1]

    started(options(tmp_path), look)
    started(options(tmp_path), look)
