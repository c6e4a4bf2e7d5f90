"""What the registry refuses. The codes and the texts are Confluent's, for its clients look at both.

    RegistryError
      DekGenerationDenied       40370    the key management service does not let us use the key
      SubjectNotFound           40401
      VersionNotFound           40402
      SchemaNotFound            40403
      SubjectSoftDeleted        40404    it can only be deleted for good now
      SubjectNotSoftDeleted     40405    and must be, before it is deleted for good
      VersionSoftDeleted        40406
      VersionNotSoftDeleted     40407
      NoConfig                  40408    for a subject of its own
      NoMode                    40409    for a subject of its own
      AssociationNotFound       40410
      ExporterNotFound          40450
      KeyNotFound               40470
      KeyNotSoftDeleted         40471    and must be, before it is deleted for good
      KeySoftDeleted            40472    and must be undeleted before what it wraps
      AmbiguousField            40901    the aliases of a field fit several of the data's; counts as a difference
      IncompatibleOffer         40901    the same, of a schema that comes with an association
      IncompatibleSchema        40901    with what a version of the subject can read or has written
      ResourceAssociated        40903    it has an association of that type already
      SubjectAssociated         40904
      SubjectOwned              40905    it has a strong association
      NoActiveVersion           40907    for an association to stand on
      AssociationFrozen         40908
      InvalidExporterName       40950
      InvalidExporterConfig     40951    says what is missing or wrong
      InvalidExporterSubjects   40952
      ExporterExists            40960
      ExporterRunning           40961
      ExporterStarting          40962
      ExporterNotPaused         40963    and must be, before it is changed or begins anew
      TooManyExporters          40964
      KeyExists                 40971
      TooManyKeys               40972
      InvalidSchema             42201    the text is no schema, or one that can't be registered
        RemoteReference       42201    its `$ref` leads to what would have to be fetched
      InvalidVersion            42202    no number of a version, and not `latest`
      InvalidCompatibility      42203    no such level
      InvalidMode               42204
      NotPermitted              42205    the mode forbids it, or an id is taken
      ReferenceExists           42206    another schema refers to it
      SubjectReferenced         42206    the same, of any of its versions
      IdDoesNotMatch            42207    the schema has another id already
      InvalidSubject            42208
      SchemaTooLarge            42209
      InvalidRuleSet            42210
      ContextNotEmpty           42211
      InvalidAssociation        42212    names the property that is wrong
      InvalidKey                42271    names the field
      KeyReferenceExists        42272    other keys are wrapped by it
      UnreadableKeyset          50001    ours: the secret for sensitive metadata is not the one that it was kept with
      UnreadableRecord          50001    a record of the topic is none of ours or Confluent's; it is passed over and counted
      TimedOut                  50002    ours: retriable
      ForwardingFailed          50003    ours: retriable
      NotTheWriter              50004    ours: another node writes, and which is not known yet; retriable
      KmsFailed                 50070    the key management service, or its driver, did not do it; says why
        DekGenerationFailed     50070    and for which subject
        SharingFailed           500      and that the key was to be tried only
    DataError
      UnfitData                          a document or data does not fit its schema, and where
      UnframedData                       data that does not say its schema as it should
      UnknownFormat                      a schema of a format that data can't be written in here
    UnreadableIdentity                   a member of the group, or its leader, does not speak as registries do
    UnfitTopic                           the topic is not one that a registry can live in; says why
    RegistryAway                         a registry somewhere else does not answer; retriable
    RegistryRefused                      a registry somewhere else said no; carries its code

What is not marked is the caller's fault, and none of it is worth trying again. The first three digits are the HTTP status.
"""

from collections.abc import Sequence

from headwater.http.errors import ApiError
from headwater.kernel.errors import HeadwaterError


class RegistryError(ApiError, code=50001):
    """The root of this room. Two refusals of one kind with one text are equal, so that tests can compare decisions."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash((type(self).__name__, str(self)))


class InvalidSchema(RegistryError, code=42201):
    """`why` is what a format has against it; `text` says more, where more is known."""

    def __init__(self, why: str, *, text: str | None = None) -> None:
        super().__init__(text or f"Invalid schema: {why}")
        self.why = why


class RemoteReference(InvalidSchema):
    def __init__(self, uri: str) -> None:
        super().__init__(f"Invalid JSON: Remote schema reference fetching over HTTP(S) is disabled: {uri}")


class AmbiguousField(RegistryError, code=40901):
    """Which of them would be read can't be said."""


class SubjectNotFound(RegistryError, code=40401):
    def __init__(self, subject: str) -> None:
        super().__init__(f"Subject '{subject}' not found.")


class VersionNotFound(RegistryError, code=40402):
    def __init__(self, version: int) -> None:
        super().__init__(f"Version {version} not found.")


class SchemaNotFound(RegistryError, code=40403):
    def __init__(self, name: int | str | None = None) -> None:
        """`name` is its id or its GUID, where it was looked for by one."""
        super().__init__("Schema not found" if name is None else f"Schema {name} not found")


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


class NoConfig(RegistryError, code=40408):
    def __init__(self, subject: str) -> None:
        super().__init__(f"Subject '{subject}' does not have subject-level compatibility configured")


class NoMode(RegistryError, code=40409):
    def __init__(self, subject: str) -> None:
        super().__init__(f"Subject '{subject}' does not have subject-level mode configured")


class AssociationNotFound(RegistryError, code=40410):
    def __init__(self, resource: str) -> None:
        super().__init__(f"Association for '{resource}' not found.")


class IncompatibleOffer(RegistryError, code=40901):
    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__(f"[{', '.join(differences)}]")


class IncompatibleSchema(RegistryError, code=40901):
    def __init__(self, subject: str, differences: Sequence[str]) -> None:
        super().__init__(
            f'Schema being registered is incompatible with an earlier schema for subject "{subject}", '
            f"details: [{', '.join(differences)}]"
        )


class ResourceAssociated(RegistryError, code=40903):
    def __init__(self, association_type: str, resource: str) -> None:
        super().__init__(f"An association of type '{association_type}' already exists for resource '{resource}'")


class SubjectAssociated(RegistryError, code=40904):
    def __init__(self, subject: str) -> None:
        super().__init__(f"An association already exists for subject '{subject}'")


class SubjectOwned(RegistryError, code=40905):
    def __init__(self, subject: str) -> None:
        super().__init__(f"A strong association already exists for subject '{subject}'")


class NoActiveVersion(RegistryError, code=40907):
    def __init__(self, subject: str) -> None:
        super().__init__(f"No active (non-deleted) version exists for subject '{subject}'")


class AssociationFrozen(RegistryError, code=40908):
    def __init__(self, association_type: str, subject: str) -> None:
        super().__init__(f"The association of type  '{association_type}' is frozen for subject '{subject}'")


class InvalidVersion(RegistryError, code=42202):
    def __init__(self, text: object) -> None:
        super().__init__(
            f"The specified version '{text}' is not a valid version id. "
            'Allowed values are between [1, 2^31-1] and the string "latest"'
        )


class InvalidCompatibility(RegistryError, code=42203):
    def __init__(self) -> None:
        super().__init__(
            "Invalid compatibility level. Valid values are none, backward, forward, full, "
            "backward_transitive, forward_transitive, and full_transitive"
        )


class InvalidMode(RegistryError, code=42204):
    def __init__(self, why: str = "Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD.") -> None:
        super().__init__(why)


class NotPermitted(RegistryError, code=42205):
    """Says which mode or id is in the way."""


class ReferenceExists(RegistryError, code=42206):
    def __init__(self, subject: str, version: int) -> None:
        key = f"{{magic=1,keytype=SCHEMA,subject={subject},version={version}}}"
        super().__init__(f"One or more references exist to the schema {key}.")


class SubjectReferenced(RegistryError, code=42206):
    def __init__(self, subject: str) -> None:
        super().__init__(f"One or more references exist to the schema {subject}.")


class IdDoesNotMatch(RegistryError, code=42207):
    """Says which ids."""


class InvalidSubject(RegistryError, code=42208):
    def __init__(self, subject: str) -> None:
        super().__init__(f"The specified subject '{subject}' is not a valid.")


class SchemaTooLarge(RegistryError, code=42209):
    def __init__(self) -> None:
        super().__init__("Register operation failed because schema is too large")


class InvalidRuleSet(RegistryError, code=42210):
    """Says what is wrong with which rule."""


class ContextNotEmpty(RegistryError, code=42211):
    def __init__(self, context: str) -> None:
        super().__init__(f"The specified context '{context}' is not empty.")


class InvalidAssociation(RegistryError, code=42212):
    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"The association specified an invalid value for property: '{name}', detail: {why}")


class UnreadableKeyset(RegistryError, code=50001):
    def __init__(self, why: str) -> None:
        super().__init__(f"the keyset for sensitive metadata can't be read: {why}")


class UnreadableRecord(RegistryError, code=50001):
    """What is wrong with it."""


class TimedOut(RegistryError, code=50002):
    """Names what took too long."""


class ForwardingFailed(RegistryError, code=50003):
    def __init__(self, what: str) -> None:
        super().__init__(f"Error while forwarding {what} request to the leader")


class NotTheWriter(RegistryError, code=50004):
    def __init__(self) -> None:
        super().__init__("Leader not known.")


class DekGenerationDenied(RegistryError, code=40370):
    """What was to be made, for which subject, and what the key management service said."""


class ExporterNotFound(RegistryError, code=40450):
    def __init__(self, name: str) -> None:
        super().__init__(f"Exporter '{name}' not found")


class InvalidExporterName(RegistryError, code=40950):
    def __init__(self) -> None:
        super().__init__("Missing or invalid exporter name")


class InvalidExporterConfig(RegistryError, code=40951):
    def __init__(self, why: str) -> None:
        super().__init__(f"Missing or invalid exporter config: {why}")


class InvalidExporterSubjects(RegistryError, code=40952):
    def __init__(self, why: str) -> None:
        super().__init__(f"Invalid exporter subjects: {why}")


class ExporterExists(RegistryError, code=40960):
    def __init__(self, name: str) -> None:
        super().__init__(f"Exporter '{name}' already exists")


class ExporterRunning(RegistryError, code=40961):
    def __init__(self, name: str) -> None:
        super().__init__(f"Exporter '{name}' is already running")


class ExporterStarting(RegistryError, code=40962):
    def __init__(self, name: str) -> None:
        super().__init__(f"Exporter '{name}' is already starting")


class ExporterNotPaused(RegistryError, code=40963):
    def __init__(self, name: str) -> None:
        super().__init__(f"Exporter '{name}' is not paused")


class TooManyExporters(RegistryError, code=40964):
    def __init__(self, exporters_max: int) -> None:
        super().__init__(f"A maximum of {exporters_max} exporters already exist")


class KeyNotFound(RegistryError, code=40470):
    def __init__(self, name: str) -> None:
        """The name of a KEK, or the subject of a DEK."""
        super().__init__(f"Key '{name}' not found")


class KeyNotSoftDeleted(RegistryError, code=40471):
    def __init__(self, name: str) -> None:
        super().__init__(f"Key '{name}' was not deleted first before being permanently deleted")


class KeySoftDeleted(RegistryError, code=40472):
    def __init__(self, name: str) -> None:
        super().__init__(f"Key '{name}' must be undeleted first")


class KeyExists(RegistryError, code=40971):
    def __init__(self, name: str) -> None:
        super().__init__(f"Key '{name}' already exists; use a different value")


class TooManyKeys(RegistryError, code=40972):
    def __init__(self, keys_max: int) -> None:
        super().__init__(f"A maximum of {keys_max} keys already exist")


class InvalidKey(RegistryError, code=42271):
    def __init__(self, field: str) -> None:
        super().__init__(f"Invalid or missing value for field '{field}' of key")


class KeyReferenceExists(RegistryError, code=42272):
    def __init__(self, name: str) -> None:
        super().__init__(f"One or more references exist to the key '{name}'")


class KmsFailed(RegistryError, code=50070):
    def __init__(self, why: str, *, denied: bool = False) -> None:
        """`denied`: it does not know us, or does not let us use the key, and that is the caller's to put right."""
        super().__init__(why)
        self.denied = denied


class DekGenerationFailed(KmsFailed, code=50070):
    """What was to be made, for which subject, and what the key management service said."""


class SharingFailed(KmsFailed, code=500):
    def __init__(self, doing: str, why: object) -> None:
        super().__init__(f"Error while {doing} key: {why}")


class UnreadableIdentity(RegistryError):
    def __init__(self, why: str) -> None:
        super().__init__(f"a member of the group does not say who it is as registries do: {why}")


class UnfitTopic(RegistryError):
    """Names the topic, and what about it is wrong."""


class RegistryAway(HeadwaterError):
    def __init__(self, why: str) -> None:
        super().__init__(f"the schema registry does not answer ({why})")


class RegistryRefused(HeadwaterError):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class DataError(HeadwaterError):
    """What is written with schemas, or should be."""


class UnfitData(DataError):
    """Says where and why."""


class UnframedData(DataError):
    """Says what is missing."""


class UnknownFormat(DataError):
    def __init__(self, type_: str) -> None:
        super().__init__(f"there is no data of {type_} schemas here; there are AVRO, JSON and PROTOBUF")
