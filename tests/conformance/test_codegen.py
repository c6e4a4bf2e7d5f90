"""What is checked in is what Kafka's jars give: `make gen` changes nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import headwater.wire as wire

pytestmark = pytest.mark.java

DEADLINE_S = 600
GENERATED = ("messages/*.py", "records/*.py", "apis.py", "record_types.py")


def test_the_protocol_is_generated_anew_without_a_difference(tmp_path: Path) -> None:
    if shutil.which("mvn") is None:
        pytest.skip("mvn is needed")
    subprocess.run([sys.executable, "-m", "tools.codegen", "--into", str(tmp_path)], check=True, timeout=DEADLINE_S)
    (room,) = wire.__path__
    assert texts(tmp_path) == texts(Path(room))


def texts(folder: Path) -> dict[str, str]:
    found = [path for pattern in GENERATED for path in folder.glob(pattern) if path.name != "__init__.py"]
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in found}
