"""A message's fields by number, and what has become of them and of its oneofs from one version to the next."""

from collections.abc import Iterator

from headwater.registry.formats.protobuf.differences import Change, Difference
from headwater.registry.formats.protobuf.elements import Field, Label, Message, OneOf
from headwater.registry.formats.protobuf.places import Place


class Fields:
    """Those of a oneof are among them; a number that is given twice is its last field's."""

    def __init__(self, message: Message) -> None:
        self.by_tag: dict[int, Field] = {field.tag: field for field in message.fields}
        self.oneof_of: dict[int, str] = {}
        self.oneofs: dict[str, OneOf] = {}
        for oneof in message.oneofs:
            if isinstance(oneof, OneOf):
                self.oneofs[oneof.name] = oneof
                self.by_tag.update({field.tag: field for field in oneof.fields})
                self.oneof_of.update({field.tag: oneof.name for field in oneof.fields})

    def place_of(self, tag: int, message: Place) -> Place:
        oneof = self.oneof_of.get(tag)
        return message.below(str(tag)) if oneof is None else message.below(oneof, str(tag))


def oneofs_changed(older: Fields, newer: Fields, message: Place) -> Iterator[Difference]:
    for name in sorted({*older.oneofs, *newer.oneofs}):
        if name not in newer.oneofs:
            yield message.below(name).difference(Change.ONEOF_REMOVED)
        elif name not in older.oneofs:
            yield message.below(name).difference(Change.ONEOF_ADDED)


def newly_exclusive(older: Fields, message: Message, place: Place) -> Iterator[Difference]:
    """Fields that could be set together, and now are in one oneof."""
    for oneof in message.oneofs:
        if isinstance(oneof, OneOf):
            tags = [field.tag for field in oneof.fields if field.tag in older.by_tag]
            alone = [tag for tag in tags if tag not in older.oneof_of]
            came_from = {*(older.oneof_of[tag] for tag in tags if tag in older.oneof_of), *alone}
            if len(came_from) > 1:
                several = Change.MULTIPLE_FIELDS_MOVED_TO_ONEOF
                change = several if len(alone) > 1 else Change.FIELD_MOVED_TO_EXISTING_ONEOF
                yield place.below(oneof.name).difference(change)


def field_removed(older: Fields, newer: Fields, tag: int, message: Place) -> Iterator[Difference]:
    """A oneof may go with all that was in it, but not lose some of its fields."""
    oneof = older.oneof_of.get(tag)
    here = older.place_of(tag, message)
    if oneof is None:
        required = older.by_tag[tag].label is Label.REQUIRED
        yield here.difference(Change.REQUIRED_FIELD_REMOVED if required else Change.FIELD_REMOVED)
    elif oneof in newer.oneofs or any(field.tag in newer.by_tag for field in older.oneofs[oneof].fields):
        yield here.difference(Change.ONEOF_FIELD_REMOVED)


def field_added(newer: Fields, tag: int, message: Place) -> Difference:
    here = newer.place_of(tag, message)
    if tag in newer.oneof_of:
        return here.difference(Change.ONEOF_FIELD_ADDED)
    required = newer.by_tag[tag].label is Label.REQUIRED
    return here.difference(Change.REQUIRED_FIELD_ADDED if required else Change.FIELD_ADDED)
