"""What topics and brokers are told about schema validation, by Confluent's names."""

from enum import StrEnum
from typing import Final

from headwater.kernel.catalogue import AnySetting
from headwater.kernel.kinds import Boolean, Choice, TextList
from headwater.kernel.settings import Scope, Setting


class SubjectNames(StrEnum):
    """How the subject of a schema follows from where it is used (`subject.name.strategy`)."""

    TOPIC = "io.confluent.kafka.serializers.subject.TopicNameStrategy"
    RECORD = "io.confluent.kafka.serializers.subject.RecordNameStrategy"
    TOPIC_RECORD = "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy"


def _validation(of: str) -> Setting[bool]:
    return Setting(
        f"confluent.{of}.schema.validation",
        Boolean,
        default=False,
        scope=Scope.TOPIC,
        doc=f"Refuse records whose {of} was not written with a schema that the registry knows for its subject.",
    )


def _subject_names(of: str) -> Setting[str]:
    return Setting(
        f"confluent.{of}.subject.name.strategy",
        Choice(*SubjectNames),
        default=SubjectNames.TOPIC.value,
        scope=Scope.TOPIC,
        doc=f"How the subject of a {of}'s schema is named, where it is validated.",
    )


KEY_VALIDATION: Final = _validation("key")
VALUE_VALIDATION: Final = _validation("value")
KEY_SUBJECT_NAMES: Final = _subject_names("key")
VALUE_SUBJECT_NAMES: Final = _subject_names("value")
REGISTRY_URL: Final = Setting(
    "confluent.schema.registry.url",
    TextList,
    default=(),
    scope=Scope.BROKER,
    doc="Where schemas are looked up that records of validated topics name. Empty: in this cluster's own topic _schemas.",
)

SETTINGS: Final[tuple[AnySetting, ...]] = (
    KEY_VALIDATION,
    VALUE_VALIDATION,
    KEY_SUBJECT_NAMES,
    VALUE_SUBJECT_NAMES,
    REGISTRY_URL,
)
