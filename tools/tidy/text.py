"""What no tracked text may hold: this machine's paths, hosts of package registries, links that lead nowhere."""

import posixpath
import re
from collections.abc import Iterator

from tools.tidy.source import Finding, Source

MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:root|work|home|Users)/")
REGISTRY_HOSTS = re.compile(
    r"\b(?:pypi\.org|files\.pythonhosted\.org|repo1?\.maven(?:\.apache)?\.org|proxy\.golang\.org|sum\.golang\.org"
    r"|registry\.npmjs\.org|deb\.debian\.org|archive\.ubuntu\.com|registry-1\.docker\.io)\b"
)
FENCE = re.compile(r"^\s*(?:```|~~~)")
INLINE_CODE = re.compile(r"`[^`]*`")
LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|#|//)")


def paths_of_no_machine(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.lines, 1):
        if MACHINE_PATH.search(line):
            yield Finding(line=number, says="a path of one machine: it is not there on the next")


def hosts_of_no_registry(source: Source) -> Iterator[Finding]:
    """Where packages come from is a setting of pip, Maven, Go or npm, and every company has its own."""
    for number, line in enumerate(source.lines, 1):
        if found := REGISTRY_HOSTS.search(line):
            yield Finding(line=number, says=f"{found[0]}: name the package, not the registry it comes from")


def links_lead_somewhere(source: Source) -> Iterator[Finding]:
    for number, line in prose(source):
        for target in LINK.findall(line):
            if not ELSEWHERE.match(target) and not leads_somewhere(source, target):
                yield Finding(line=number, says=f"{target} is not here")


def prose(source: Source) -> Iterator[tuple[int, str]]:
    """The numbered lines of a page, without what it shows as code."""
    fenced = False
    for number, line in enumerate(source.lines, 1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, INLINE_CODE.sub("", line)


def leads_somewhere(source: Source, target: str) -> bool:
    path = posixpath.normpath(posixpath.join(source.name.parent, target.partition("#")[0]))
    return path in source.repository or any(other.startswith(f"{path}/") for other in source.repository)
