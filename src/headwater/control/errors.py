"""What the control plane refuses. A refusal is a value: a machine answers with it, and a handler turns it into a code.

    ControlError
      TopicExists                  TOPIC_ALREADY_EXISTS
      UnknownTopic                 UNKNOWN_TOPIC_OR_PARTITION      retriable: it may be on its way
      UnknownTopicId               UNKNOWN_TOPIC_ID                retriable
      InvalidTopicName             INVALID_TOPIC_EXCEPTION
      InvalidPartitions            INVALID_PARTITIONS
      InvalidReplicationFactor     INVALID_REPLICATION_FACTOR
      InvalidReplicaAssignment     INVALID_REPLICA_ASSIGNMENT
      InvalidConfig                INVALID_CONFIG
      InvalidRequest               INVALID_REQUEST
      DuplicateResource            DUPLICATE_RESOURCE
      InvalidUpdateVersion         INVALID_UPDATE_VERSION
      FeatureUpdateFailed          FEATURE_UPDATE_FAILED
      StaleBroker                  STALE_BROKER_EPOCH
      UnknownBroker                BROKER_ID_NOT_REGISTERED
      UnknownController            CONTROLLER_ID_NOT_REGISTERED
      TooOldForThat                UNSUPPORTED_VERSION             the cluster's metadata.version has no record for it
      ElectionNotNeeded            ELECTION_NOT_NEEDED
      PreferredLeaderNotAvailable  PREFERRED_LEADER_NOT_AVAILABLE  retriable: it may come back
      EligibleLeadersNotAvailable  ELIGIBLE_LEADERS_NOT_AVAILABLE  retriable
      NoReassignment               NO_REASSIGNMENT_IN_PROGRESS
      QuotaExceeded                THROTTLING_QUOTA_EXCEEDED       retriable, after the time that the response says
      GroupError                   what the group coordinator refuses; its tree is drawn in groups/errors.py

All of them are the client's fault but StaleBroker. The texts are ours; the codes are Kafka's.
"""

from typing import ClassVar

from headwater.kernel.errors import HeadwaterError
from headwater.wire.error_codes import ErrorCode


class ControlError(HeadwaterError):
    """The root of this room. Two refusals of one kind with one text are equal, so that tests can compare decisions."""

    code: ClassVar[ErrorCode] = ErrorCode.UNKNOWN_SERVER_ERROR

    def __init_subclass__(cls, *, code: ErrorCode | None = None) -> None:
        if code is not None:
            cls.code = code

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash((type(self).__name__, str(self)))


class TopicExists(ControlError, code=ErrorCode.TOPIC_ALREADY_EXISTS):
    def __init__(self, name: str) -> None:
        super().__init__(f"Topic '{name}' already exists.")


class UnknownTopic(ControlError, code=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no topic named '{name}'.")


class UnknownTopicId(ControlError, code=ErrorCode.UNKNOWN_TOPIC_ID):
    def __init__(self, text: str) -> None:
        super().__init__(f"There is no topic with the id {text}.")


class InvalidTopicName(ControlError, code=ErrorCode.INVALID_TOPIC_EXCEPTION):
    pass


class InvalidPartitions(ControlError, code=ErrorCode.INVALID_PARTITIONS):
    pass


class InvalidReplicationFactor(ControlError, code=ErrorCode.INVALID_REPLICATION_FACTOR):
    pass


class InvalidReplicaAssignment(ControlError, code=ErrorCode.INVALID_REPLICA_ASSIGNMENT):
    pass


class InvalidConfig(ControlError, code=ErrorCode.INVALID_CONFIG):
    pass


class InvalidRequest(ControlError, code=ErrorCode.INVALID_REQUEST):
    pass


class DuplicateResource(ControlError, code=ErrorCode.DUPLICATE_RESOURCE):
    pass


class InvalidUpdateVersion(ControlError, code=ErrorCode.INVALID_UPDATE_VERSION):
    pass


class FeatureUpdateFailed(ControlError, code=ErrorCode.FEATURE_UPDATE_FAILED):
    pass


class StaleBroker(ControlError, code=ErrorCode.STALE_BROKER_EPOCH):
    pass


class UnknownBroker(ControlError, code=ErrorCode.BROKER_ID_NOT_REGISTERED):
    pass


class UnknownController(ControlError, code=ErrorCode.CONTROLLER_ID_NOT_REGISTERED):
    pass


class TooOldForThat(ControlError, code=ErrorCode.UNSUPPORTED_VERSION):
    pass


class ElectionNotNeeded(ControlError, code=ErrorCode.ELECTION_NOT_NEEDED):
    pass


class PreferredLeaderNotAvailable(ControlError, code=ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE):
    pass


class EligibleLeadersNotAvailable(ControlError, code=ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE):
    pass


class NoReassignment(ControlError, code=ErrorCode.NO_REASSIGNMENT_IN_PROGRESS):
    pass


class QuotaExceeded(ControlError, code=ErrorCode.THROTTLING_QUOTA_EXCEEDED):
    def __init__(self) -> None:
        super().__init__("The throttling quota has been exceeded.")
