"""What is stored means what was sent: protoc, which knows nothing of Wire, makes the same of both."""

from pathlib import Path

from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorSet
from tests.registry.formats.protobuf.protoc import compiled
from tests.registry.formats.protobuf.text_cases import Case, cases, references

from headwater.registry.formats.format import Source
from headwater.registry.formats.protobuf.format import ProtobufFormat, ProtobufSchema

CASES = [case for case in cases("texts.cases", "schema") if "invalid" not in case]
MISREAD_BY_CONFLUENT = {
    "bytes a = 1 [default": "printed without its quotes, which is no Protobuf any more",
    "int32 a = 010;": "Wire takes it for ten",
    "to 536870912;": "printed as max, which is one less",
    "extend M { optional group": "not printed at all",
}
COMPILED_MIN = 150


def parsed(case: Case) -> ProtobufSchema:
    return ProtobufFormat().parse(
        Source(text=case["schema"].removesuffix("\n"), references=references(case)), strict=True
    )


def laid_out(files: FileDescriptorSet) -> FileDescriptorSet:
    """Fields of oneofs come last in a stored text, and what holds no options is not there."""
    again = FileDescriptorSet.FromString(files.SerializeToString())
    for file in again.file:
        for message in file.message_type:
            _lay_out(message)
        for method in (method for service in file.service for method in service.method):
            if not method.options.ByteSize():
                method.ClearField("options")
    return again


def _lay_out(message: DescriptorProto) -> None:
    message.field.sort(key=lambda field: field.number)
    message.nested_type.sort(key=lambda nested: nested.name)
    for each in message.nested_type:
        _lay_out(each)


def test_a_stored_text_means_what_was_sent_and_a_normalised_one_is_protobuf(tmp_path: Path) -> None:
    known = [case for case in CASES if not any(text in case["schema"] for text in MISREAD_BY_CONFLUENT)]
    of_sent = compiled([(case["schema"], references(case)) for case in known], tmp_path / "sent")
    understood = [(case, files) for case, files in zip(known, of_sent, strict=True) if files is not None]
    assert len(understood) >= COMPILED_MIN
    stored = compiled([(parsed(case).text, references(case)) for case, _ in understood], tmp_path / "stored")
    pairs = zip(understood, stored, strict=True)
    differing = [case for (case, files), again in pairs if again is None or laid_out(files) != laid_out(again)]
    assert [case["schema"] for case in differing] == []
    texts = [(parsed(case).normalized().text, references(case)) for case, _ in understood]
    normalized = compiled(texts, tmp_path / "normalized")
    assert [text for (text, _), files in zip(texts, normalized, strict=True) if files is None] == []
