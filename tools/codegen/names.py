"""Kafka's CamelCase in Python's spelling."""

import re

_BEFORE_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ONE_WORD = {"KRaft": "Kraft", "2Pc": "2pc"}


def snake(name: str) -> str:
    """`TopicId` is `topic_id`, `KRaftVersion` is `kraft_version`, `Enable2Pc` is `enable_2pc`."""
    for written, meant in _ONE_WORD.items():
        name = name.replace(written, meant if meant[0].isalpha() else f"_{meant}")
    return _BEFORE_CAPITAL.sub("_", name).lower()
