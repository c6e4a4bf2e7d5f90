"""What the metadata log says of its own quorum, in control records between the cluster's (KIP-853).

At kraft.version 0 the voters stand in settings, and the log says nothing of them. From version 1 on they stand in the log, and
every snapshot must repeat them: a node that finds none would have no quorum to be a voter of.
"""

from collections.abc import Sequence
from typing import Final

from headwater.log.admission import DECOMPRESSED_MAX
from headwater.wire.batch.control import ControlType, control_type
from headwater.wire.batch.header import BatchHeader
from headwater.wire.batch.records import iter_records
from headwater.wire.codec import decode, encode_bytes
from headwater.wire.records.kraft_version_record import KRaftVersionRecord
from headwater.wire.records.leader_change_message import LeaderChangeMessage, Voter
from headwater.wire.records.voters_record import VotersRecord
from headwater.wire.types import NodeId

Control = tuple[ControlType, bytes]

_VERSION: Final = 0
"""Of all three."""


class QuorumRecords:
    """The newest of each record, as the log is replayed."""

    def __init__(self) -> None:
        self.kraft_version = 0
        self.voters = VotersRecord()

    def see(self, batch: memoryview, header: BatchHeader) -> None:
        """A control batch of the log, or of a snapshot."""
        for record in iter_records(batch, header, decompressed_max=DECOMPRESSED_MAX):
            kind = control_type(record)
            if kind is ControlType.KRAFT_VERSION:
                self.kraft_version = decode(KRaftVersionRecord, _VERSION, record.value or b"").kraft_version
            elif kind is ControlType.KRAFT_VOTERS:
                self.voters = decode(VotersRecord, _VERSION, record.value or b"")

    def controls(self) -> Sequence[Control]:
        """What a snapshot must hold of it."""
        if not self.kraft_version:
            return ()
        version = KRaftVersionRecord(kraft_version=self.kraft_version)
        return (
            (ControlType.KRAFT_VERSION, encode_bytes(version, _VERSION)),
            (ControlType.KRAFT_VOTERS, encode_bytes(self.voters, _VERSION)),
        )


def leader_change(node_id: NodeId) -> Control:
    """What a leader of one voter begins its epoch with. Kafka reads it at version 0 only, whatever the quorum's version is."""
    voter = Voter(voter_id=node_id)
    message = LeaderChangeMessage(leader_id=node_id, voters=(voter,), granting_voters=(voter,))
    return ControlType.LEADER_CHANGE, encode_bytes(message, _VERSION)
