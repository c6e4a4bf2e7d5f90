"""Finds the jars that carry the definitions, in Maven's own repository, and asks Maven for those that are missing."""

import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

KAFKA_VERSION: Final = "4.4.0"
ARTIFACTS: Final = (
    "kafka-clients",
    "kafka-metadata",
    "kafka-group-coordinator",
    "kafka-transaction-coordinator",
    "kafka-share-coordinator",
    "kafka-raft",
    "kafka-storage",
)
_MAVEN_DEADLINE_S: Final = 600


class MavenMissing(Exception):
    def __init__(self) -> None:
        super().__init__("`mvn` is not on the PATH: install Maven, which fetches Kafka's jars, and run this again")


def fetch(artifact: str, folder: Path) -> Path:
    """Copies the artifact's jar into `folder`."""
    coordinates = f"org.apache.kafka:{artifact}:{KAFKA_VERSION}"
    _maven("dependency:copy", f"-Dartifact={coordinates}", f"-DoutputDirectory={folder}")
    return folder / f"{artifact}-{KAFKA_VERSION}.jar"


def _maven(*arguments: str) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise MavenMissing
    subprocess.run(
        [maven, "--quiet", "--batch-mode", "-Dstyle.color=never", *arguments], check=True, timeout=_MAVEN_DEADLINE_S
    )


def definitions(jar: Path) -> Iterator[str]:
    """The text of each message definition in the jar, in the order of their paths."""
    with zipfile.ZipFile(jar) as archive:
        for path in sorted(archive.namelist()):
            if path.endswith(".json") and ("message/" in path or "metadata/" in path):
                yield archive.read(path).decode()
