"""How ``serve`` writes its log: a line for each record, as text or as JSON, with its fields."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from model_registry.cli.screen import visible
from model_registry.observing.causes import causes

_OURS: Final = ("model_registry", "uvicorn")
"""Whose records are written from the chosen level on; others' only from warnings on."""

_STANDARD: Final = frozenset(
    {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "color_message"}
)
_PLAIN: Final = re.compile(r"[\w./:{}+-]+")


class LogFormat(StrEnum):
    """How a line is written."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """From which importance on a record is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def write_logs(form: LogFormat, level: LogLevel, *, requests: bool) -> None:
    """
    Let this process write its log to standard error.

    Args:
        form: how.
        level: from which importance on.
        requests: whether each request is a line, whatever the level.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine() if form is LogFormat.JSON else TextLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(level.upper())
    asked = logging.INFO if requests else logging.WARNING
    logging.getLogger("model_registry.requests").setLevel(asked)


class Line(logging.Formatter):
    """
    What every form of a line has.

    An exception is told by its kinds and places: what it says may quote anything.
    """

    def parts(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return the time, level, logger, message and fields of a record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = {k: v for k, v in vars(record).items() if k not in _STANDARD}
        error = record.exc_info[1] if record.exc_info else None
        told = {} if error is None else {"exception": causes(error)}
        return {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().strip(),
            **told,
            **fields,
        }


class JsonLine(Line):
    """A record as one JSON object (JSON Lines)."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return json.dumps(self.parts(record), default=str)


class TextLine(Line):
    """A record as one line for people: time, level, logger, message, and ``field=value`` each."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what cannot be printed is written as its escape."""
        parts = self.parts(record)
        head = " ".join(parts.pop(name) for name in ("at", "level", "logger"))
        message = visible(parts.pop("message"))
        fields = (f" {name}={_value(v)}" for name, v in parts.items() if v is not None)
        return f"{head}: {message}{''.join(fields)}"


def _value(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text.isascii() else json.dumps(text)
