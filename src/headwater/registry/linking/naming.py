"""Which subjects an exporter copies, and what they are called in the other registry.

orders            a subject of the default context         :.ctx:orders      of another
orders*           those that begin so                       :.ctx:orders*
*                 all of the default context                .ctx, :.ctx:*     all of another
:*:               all of all contexts                       :*:orders*        those of all contexts that begin so
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from msgspec import Struct

from headwater.registry.contracts import Reference
from headwater.registry.errors import InvalidExporterSubjects
from headwater.registry.linking.records import ContextType, Exporter
from headwater.registry.subjects import DEFAULT_CONTEXT, Subject, beside, subject_of

WILDCARD: Final = "*"
_EVERY: Final = "*"
_SUBJECT: Final = "${subject}"
_KEK: Final = "${kek}"
_OWN_DIGITS: Final = 6


class Pattern(Struct, frozen=True):
    """`context` is `*` for all; a `name` may end with a wildcard."""

    context: str
    name: str

    def fits(self, subject: Subject) -> bool:
        if self.context not in (_EVERY, subject.context):
            return False
        if self.name.endswith(WILDCARD):
            return subject.name.startswith(self.name[:-1])
        return self.name == subject.name


class Naming:
    """Of one exporter; `own_name` is this registry's, for the context that is made up for it."""

    def __init__(self, exporter: Exporter, *, own_name: str) -> None:
        self._patterns: Final = patterns_of(exporter.subjects)
        self._type: Final = exporter.context_type
        self._context: Final = _context_before(exporter, own_name)
        self._format: Final = exporter.subject_rename_format or _SUBJECT
        self._kek_format: Final = exporter.kek_rename_format or _KEK

    def takes(self, subject: str) -> bool:
        parsed = subject_of(subject)
        return any(each.fits(parsed) for each in self._patterns)

    def takes_all_of(self, context: str) -> bool:
        """What is said about a context is copied with all of it only."""
        return any(each.context in (_EVERY, context) and each.name == WILDCARD for each in self._patterns)

    def context(self, context: str) -> str:
        if self._type is ContextType.DEFAULT:
            return DEFAULT_CONTEXT
        if not self._context:
            return context
        return self._context if context == DEFAULT_CONTEXT else f"{self._context}{context}"

    def subject(self, subject: str) -> str:
        parsed = subject_of(subject)
        return str(Subject(self.context(parsed.context), self._format.replace(_SUBJECT, parsed.name)))

    def reference(self, of_subject: str, reference: Reference) -> Reference:
        """What stands in the schema of a subject; one that means the same there stays as it is."""
        named = reference.subject or ""
        meant = self.subject(str(beside(of_subject, named)))
        if str(beside(self.subject(of_subject), named)) == meant:
            return reference
        return Reference(name=reference.name, subject=meant, version=reference.version)

    def alias(self, of_subject: str, alias: str | None) -> str | None:
        return self.reference(of_subject, Reference(subject=alias)).subject if alias else alias

    def kek(self, name: str) -> str:
        return self._kek_format.replace(_KEK, name)


def patterns_of(subjects: Sequence[str]) -> tuple[Pattern, ...]:
    """Raises InvalidExporterSubjects."""
    if not subjects:
        raise InvalidExporterSubjects("there is none")
    return tuple(map(_pattern, subjects))


def check_contexts(exporter: Exporter) -> None:
    """Ids count per context, so two contexts can't become one. Raises InvalidExporterSubjects."""
    contexts = dict.fromkeys(each.context for each in patterns_of(exporter.subjects))
    if exporter.context_type is ContextType.DEFAULT and (len(contexts) > 1 or _EVERY in contexts):
        raise InvalidExporterSubjects("they are of several contexts, which can't all become the default one")


def _pattern(text: str) -> Pattern:
    if text.startswith(DEFAULT_CONTEXT) and text != DEFAULT_CONTEXT:
        context, name = text, WILDCARD
    else:
        context, name = subject_of(text)
    if WILDCARD in name[:-1] or not text:
        raise InvalidExporterSubjects(f"a wildcard can only be the last of {text!r}")
    is_context = text.startswith(":") and not name
    return Pattern(context, WILDCARD if is_context else name)


def _context_before(exporter: Exporter, own_name: str) -> str:
    match exporter.context_type:
        case ContextType.AUTO:
            return f".lsrc-{sha256(own_name.encode()).hexdigest()[:_OWN_DIGITS]}"
        case ContextType.CUSTOM:
            return DEFAULT_CONTEXT + (exporter.context or "").strip(":").removeprefix(DEFAULT_CONTEXT)
    return ""
