"""The command itself: what help costs, and what a person reads when something is wrong."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from headwater.cli.failures import advice_for
from headwater.cli.main import COMMANDS, app
from headwater.client.errors import DeadlinePassed, Refused, Unreachable
from headwater.wire.error_codes import ErrorCode

RUN_S = 30
LOADED_FOR_HELP = "import sys, headwater.cli.main as m; m.app(['--help'], standalone_mode=False); print(*sys.modules, file=sys.stderr)"


def run(*arguments: str, **environment: str):
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", **environment})


def test_help_shows_every_command_and_loads_none():
    shown = subprocess.run(
        [sys.executable, "-c", LOADED_FOR_HELP], capture_output=True, text=True, timeout=RUN_S, check=True
    )
    assert all(line in shown.stdout for line in COMMANDS.values())
    loaded = shown.stderr.split()
    assert not [name for name in loaded if name.startswith(("headwater.wire", "headwater.broker", "headwater.client"))]
    assert "confluent_kafka" not in loaded


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "--help" in result.output


def test_a_command_that_is_not_there_is_refused():
    result = run("tpoic")
    assert result.exit_code == 2
    assert "No such command 'tpoic'" in result.output


def test_a_broker_that_is_not_there_is_told_with_what_to_do():
    result = run("topic", "list", "--bootstrap", "127.0.0.1:1")
    assert result.exit_code == 1
    assert "error: no connection to 127.0.0.1:1" in result.stderr
    assert "headwater up" in result.stderr


def test_the_address_comes_from_the_environment_too():
    assert "'nonsense' is no address" in run("topic", "list", HEADWATER_BOOTSTRAP="nonsense").stderr


def test_advice_looks_behind_a_deadline():
    last = Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, subject="topic orders")
    assert "topic create" in (advice_for(DeadlinePassed("ListOffsets", 100, last)) or "")
    assert "headwater up" in (advice_for(Unreachable("b:1", "refused")) or "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(shell):
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_HEADWATER_COMPLETE" in result.output


def test_the_shell_is_told_the_commands_of_a_group():
    asked = {"_HEADWATER_COMPLETE": "complete_bash", "COMP_WORDS": "headwater topic de", "COMP_CWORD": "2"}
    told = subprocess.run(
        [sys.executable, "-m", "headwater.cli.main"],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=True,
    )
    assert told.stdout.split() == ["describe", "delete"]
