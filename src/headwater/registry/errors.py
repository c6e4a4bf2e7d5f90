"""What the registry refuses. The codes and the texts are Confluent's, for its clients look at both.

    RegistryError
      InvalidSchema           42201    the text is no schema, or one that can't be registered
      AmbiguousField          40901    the aliases of a field fit several of the data's; counts as a difference
      SubjectNotFound         40401
      VersionNotFound         40402
      SubjectSoftDeleted      40404    it can only be deleted for good now
      SubjectNotSoftDeleted   40405    and must be, before it is deleted for good
      VersionSoftDeleted      40406
      VersionNotSoftDeleted   40407
      NotPermitted            42205    the mode forbids it, or an id is taken
      ReferenceExists         42206    another schema refers to it
      ContextNotEmpty         42211
      UnreadableRecord        50001    a record of the topic is none of ours or Confluent's; it is passed over and counted

All but the last are the caller's fault, and none is worth trying again. The first three digits are the HTTP status.
"""

from typing import ClassVar

from headwater.kernel.errors import HeadwaterError


class RegistryError(HeadwaterError):
    """The root of this room. Two refusals of one kind with one text are equal, so that tests can compare decisions."""

    code: ClassVar[int] = 50001

    def __init_subclass__(cls, *, code: int | None = None) -> None:
        if code is not None:
            cls.code = code

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash((type(self).__name__, str(self)))


class InvalidSchema(RegistryError, code=42201):
    def __init__(self, why: str) -> None:
        super().__init__(f"Invalid schema: {why}")
        self.why = why


class AmbiguousField(RegistryError, code=40901):
    """Which of them would be read can't be said."""


class SubjectNotFound(RegistryError, code=40401):
    def __init__(self, subject: str) -> None:
        super().__init__(f"Subject '{subject}' not found.")


class VersionNotFound(RegistryError, code=40402):
    def __init__(self, version: int) -> None:
        super().__init__(f"Version {version} not found.")


class SubjectSoftDeleted(RegistryError, code=40404):
    def __init__(self, subject: str) -> None:
        super().__init__(f"Subject '{subject}' was soft deleted.Set permanent=true to delete permanently")


class SubjectNotSoftDeleted(RegistryError, code=40405):
    def __init__(self, subject: str) -> None:
        super().__init__(f"Subject '{subject}' was not deleted first before being permanently deleted")


class VersionSoftDeleted(RegistryError, code=40406):
    def __init__(self, subject: str, version: int) -> None:
        super().__init__(
            f"Subject '{subject}' Version {version} was soft deleted.Set permanent=true to delete permanently"
        )


class VersionNotSoftDeleted(RegistryError, code=40407):
    def __init__(self, subject: str, version: int) -> None:
        super().__init__(
            f"Subject '{subject}' Version {version} was not deleted first before being permanently deleted"
        )


class NotPermitted(RegistryError, code=42205):
    """Says which mode or id is in the way."""


class ReferenceExists(RegistryError, code=42206):
    def __init__(self, subject: str, version: int) -> None:
        key = f"{{magic=1,keytype=SCHEMA,subject={subject},version={version}}}"
        super().__init__(f"One or more references exist to the schema {key}.")


class ContextNotEmpty(RegistryError, code=42211):
    def __init__(self, context: str) -> None:
        super().__init__(f"The specified context '{context}' is not empty.")


class UnreadableRecord(RegistryError, code=50001):
    """What is wrong with it."""
