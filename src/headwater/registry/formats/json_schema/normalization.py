"""One text for all schemas that differ only in the order of their keys, as Confluent's `normalize` makes it."""

from headwater.registry.formats.json_text import Json, java_order


def normalized(value: Json) -> Json:
    match value:
        case dict():
            return {key: normalized(value[key]) for key in sorted(value, key=java_order)}
        case list():
            return [normalized(each) for each in value]
        case _:
            return value
