"""Names of subjects, and the contexts that they are in.

orders-value             of the default context
:.staging:orders-value   of the context `.staging`
:.staging:               the context itself, as in a config's scope
:.__GLOBAL:              all contexts, as a scope
"""

from typing import Final, NamedTuple

DEFAULT_CONTEXT: Final = "."
GLOBAL_CONTEXT: Final = ".__GLOBAL"
EVERY_CONTEXT: Final = ":*:"
_RESERVED: Final = ("__GLOBAL", "__EMPTY")
_CONTROLS: Final = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
_DELIMITER: Final = ":"
_PREFIX: Final = ":."


class Subject(NamedTuple):
    """A context and a name in it, which is empty where the context itself is meant."""

    context: str
    name: str

    @property
    def scope(self) -> str:
        """Its context as a subject's name begins with it; empty for the default one."""
        return "" if self.context == DEFAULT_CONTEXT else f"{_DELIMITER}{self.context}{_DELIMITER}"

    def __str__(self) -> str:
        return f"{self.scope}{self.name}"


def subject_of(text: str) -> Subject:
    """`:.:orders` is `orders`."""
    if text.startswith(_PREFIX):
        context, _, name = text[1:].partition(_DELIMITER)
        return Subject(context, name)
    if text.startswith(EVERY_CONTEXT):
        return Subject("*", text.removeprefix(EVERY_CONTEXT))
    return Subject(DEFAULT_CONTEXT, text)


def beside(parent: str, text: str) -> Subject:
    """A subject that names no context is of its parent's, as in a schema's references."""
    subject = subject_of(text)
    return Subject(subject_of(parent).context, text) if subject.context == DEFAULT_CONTEXT else subject


def is_within(text: str, scope: str) -> bool:
    """Whether this is the subject that `scope` names, or one of the context that it names."""
    wanted = subject_of(scope)
    if text == scope:
        return True
    return not wanted.name and wanted.context in (GLOBAL_CONTEXT, subject_of(text).context)


def is_subject(text: str, *, as_scope: bool = False) -> bool:
    """Whether anything may be called so. A config or a mode can be about all contexts; a schema can't be in them."""
    context, name = subject_of(text)
    if name in _RESERVED or not _CONTROLS.isdisjoint(text):
        return False
    return as_scope or context != GLOBAL_CONTEXT


def scope_of(text: str) -> str | None:
    """What a config or a mode is about: None is all that is in the default context."""
    return str(subject_of(text)) or None
