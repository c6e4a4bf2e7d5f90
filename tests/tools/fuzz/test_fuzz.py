"""The blind fuzzer, a round of each target."""

from itertools import count

import pytest
from tools.fuzz.__main__ import A_ROUND, TARGETS, fuzz_blindly

from tools.fuzz import targets


@pytest.mark.parametrize("name", TARGETS)
def test_a_round_of_mutations_ends_well(name: str):
    ticks = count()
    assert fuzz_blindly(name, 2, 0, clock=lambda: float(next(ticks))) == A_ROUND


def test_the_names_on_the_command_line_are_those_of_the_targets():
    assert set(TARGETS) == set(targets.TARGETS)


def test_an_input_that_breaks_a_target_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def broken(data: bytes) -> None:
        raise KeyError(data)

    monkeypatch.setattr(targets, "TARGETS", {"broken": broken})
    with pytest.raises(KeyError) as raised:
        fuzz_blindly("broken", 1, 0)
    assert f"broken broke on {raised.value.args[0].hex()}" in capsys.readouterr().out
