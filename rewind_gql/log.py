"""One structured event per line, with secrets taken out before anything is written."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_SECRETS = re.compile(
    r"(?i)(?P<name>api_?key|api_sig|access_token|refresh_token|token|secret|password"
    r"|(?<![a-z0-9])sk|authorization)"
    r"(?P<sign>\"?\s*[=:]\s*\"?)(?:(?:bearer|discogs)\s+)?(?:token=)?[^\s&\"',;]+"
)
_KEYS = re.compile(r"\brw_(?:live_|admin_)?[A-Za-z0-9]{16,}")
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")


def redact(text: str) -> str:
    """`text` with tokens, keys and passwords replaced by `[secret]`."""
    text = _KEYS.sub("[secret]", text)
    text = _USERINFO.sub("[secret]@", text)
    return _SECRETS.sub(lambda found: f"{found['name']}{found['sign']}[secret]", text)


def _redacted(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The event with every text in it redacted."""
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def _without_trace(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The event without where in the code it came from."""
    event.pop("exc_info", None)
    return event


def configure(
    *,
    level: str = "info",
    form: str = "console",
    out: TextIO | None = None,
    traces: bool = True,
) -> None:
    """Set the log up once per process: `console` for people, `json` for machines; to stderr.

    Without `traces`, an error is told in one line, as commands tell theirs.
    """
    out = out or sys.stderr
    pretty = structlog.dev.ConsoleRenderer(colors=out.isatty())
    renderer: Any = structlog.processors.JSONRenderer() if form == "json" else pretty
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if traces else _without_trace,
            _redacted,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )


def get(name: str) -> Any:
    """A logger whose events carry `name` as their room."""
    return structlog.get_logger(room=name)
