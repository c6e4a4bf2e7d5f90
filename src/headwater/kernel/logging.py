"""Structured logs: an event in words that never change, and values beside it.

    log = get("broker")
    log.info("connection closed", client=address, request_id=number)

A line is logfmt for people, or JSON for programs. It is built over the standard library's loggers, so levels form a tree,
libraries' logs come out in the same form, and Kafka's BROKER_LOGGER resource changes a level while the broker runs. What
belongs to a request, its id above all, is given explicitly: nothing here looks at the surroundings of a call.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import IO, Any, Final

import msgspec

from headwater.kernel.errors import HeadwaterError

ROOT: Final = "headwater"
LEVELS: Final = {
    "FATAL": logging.CRITICAL,
    "ERROR": logging.ERROR,
    "WARN": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
    "TRACE": 5,
}
"""Kafka's names of levels, from few lines to many."""

_NAMES: Final = {level: name for name, level in LEVELS.items()}
_VALUES: Final = "headwater_values"
_FORESEEN: Final = (HeadwaterError, TimeoutError)


class Log:
    """One logger. A value may be anything: it is turned into text only if the line is written."""

    __slots__ = ("_logger",)

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def error(self, event: str, *, error: BaseException | None = None, **values: object) -> None:
        """An error that was not foreseen brings its traceback; one of ours, or a deadline that has passed, only its sentence."""
        self._log(logging.ERROR, event, values, error)

    def warn(self, event: str, *, error: BaseException | None = None, **values: object) -> None:
        self._log(logging.WARNING, event, values, error)

    def info(self, event: str, **values: object) -> None:
        self._log(logging.INFO, event, values)

    def debug(self, event: str, **values: object) -> None:
        self._log(logging.DEBUG, event, values)

    def is_on(self, level: str) -> bool:
        """For values that are dear to compute."""
        return self._logger.isEnabledFor(LEVELS[level])

    def _log(self, level: int, event: str, values: dict[str, object], error: BaseException | None = None) -> None:
        if not self._logger.isEnabledFor(level):
            return
        if error is not None:
            values["error"] = error if str(error) else repr(error)
        unforeseen = None if isinstance(error, _FORESEEN) else error
        self._logger.log(level, event, exc_info=unforeseen, extra={_VALUES: values})


def get(name: str) -> Log:
    """The log of a room or of one of its parts: `log`, `log.segments`."""
    return Log(logging.getLogger(f"{ROOT}.{name}"))


class LogfmtFormatter(logging.Formatter):
    """`2026-11-21T14:36:38.123Z INFO broker: connection closed client=127.0.0.1:5 request_id=7`"""

    def format(self, record: logging.LogRecord) -> str:
        values = "".join(f" {key}={_quoted(value)}" for key, value in _values(record).items())
        name, level = _name(record), level_name(record.levelno)
        line = f"{_moment(record)} {level} {name}: {record.getMessage()}{values}"
        return line if record.exc_info is None else f"{line}\n{self.formatException(record.exc_info)}"


class JsonFormatter(logging.Formatter):
    """One object a line, whatever is in it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _moment(record),
            "level": level_name(record.levelno),
            "log": _name(record),
            "event": record.getMessage(),
            **_values(record),
        }
        if record.exc_info is not None:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


def set_up(*, form: str = "logfmt", level: str = "INFO", stream: IO[str] | None = None) -> None:
    """Send everything to one stream (stderr if none is given). Called by assembly, again if the form changes."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else LogfmtFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    set_level(ROOT, level)
    logging.captureWarnings(True)


def levels() -> dict[str, str]:
    """Every logger of this process with its level in force, by name: the BROKER_LOGGER resource."""
    own = [name for name in logging.root.manager.loggerDict if name.startswith(f"{ROOT}.")]
    return {name: level_name(logging.getLogger(name).getEffectiveLevel()) for name in (ROOT, *sorted(own))}


def set_level(name: str, level: str) -> None:
    """`level` is one of LEVELS. It holds for the loggers below too, until they have their own."""
    logging.getLogger(name).setLevel(LEVELS[level])


def unset_level(name: str) -> None:
    """Back to what the logger above says."""
    if name != ROOT:
        logging.getLogger(name).setLevel(logging.NOTSET)


def level_name(number: int) -> str:
    return next((name for level, name in _NAMES.items() if number >= level), "TRACE")


def _values(record: logging.LogRecord) -> dict[str, Any]:
    return getattr(record, _VALUES, {})


def _name(record: logging.LogRecord) -> str:
    return record.name.removeprefix(f"{ROOT}.")


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")


def _quoted(value: object) -> str:
    """A line stays a line: what has spaces, quotes or control characters is written as a JSON string."""
    text = str(value)
    plain = text.isprintable() and not any(character in text for character in ' "=')
    return text if plain and text else msgspec.json.encode(text).decode()
