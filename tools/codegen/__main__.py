"""`make gen`: writes the protocol's modules anew, and removes those whose definition is gone."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.codegen.definitions import MessageDefinition, read
from tools.codegen.jars import ARTIFACTS, KAFKA_VERSION, definitions, fetch
from tools.codegen.modules import module
from tools.codegen.names import snake
from tools.codegen.tables import apis, record_types

_ROOT = Path(__file__).parents[2]
_WIRE = _ROOT / "src" / "headwater" / "wire"
_ON_THE_SOCKET = ("request", "response", "header")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.codegen", description=__doc__)
    parser.add_argument("--jars", type=Path, help="a folder with Kafka's jars, where Maven should not be asked")
    parser.add_argument("--into", type=Path, default=_WIRE, help="the folder to write to, if not the source tree")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        write(options.into, files(_read_all(options.jars, Path(scratch))))


def _read_all(jars: Path | None, scratch: Path) -> dict[str, tuple[MessageDefinition, ...]]:
    found = {}
    for artifact in ARTIFACTS:
        jar = jars / f"{artifact}-{KAFKA_VERSION}.jar" if jars else fetch(artifact, scratch)
        messages = map(read, definitions(jar))
        found[artifact] = tuple(each for each in messages if each.versions != "none")
    return found


def files(by_artifact: Mapping[str, Sequence[MessageDefinition]]) -> dict[str, str]:
    """The text of every generated file, by its path inside the room."""
    messages = [each for artifact in by_artifact.values() for each in artifact]
    texts = {
        f"{'messages' if each.kind in _ON_THE_SOCKET else 'records'}/{snake(each.name)}.py": module(each)
        for each in messages
    }
    texts["apis.py"] = apis(messages)
    texts["record_types.py"] = record_types(by_artifact)
    return texts


def write(folder: Path, texts: Mapping[str, str]) -> None:
    for inner in ("messages", "records"):
        for old in (folder / inner).glob("*.py"):
            if old.name != "__init__.py":
                old.unlink()
        (folder / inner).mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    _lay_out([str(folder / name) for name in texts])


def _lay_out(paths: Sequence[str]) -> None:
    for command in (("check", "--fix", "--select", "I"), ("format",)):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--config", str(_ROOT / "pyproject.toml")]
        subprocess.run([*ruff, *paths], check=True, timeout=300)


if __name__ == "__main__":
    main()
