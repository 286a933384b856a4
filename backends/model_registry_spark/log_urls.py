"""From a URL to the request log that Spark reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from model_registry.domain.request_log import MAX_MODELS, NATIVE, Shape
from model_registry.errors import RequestLogError
from model_registry.shaping import PARAMETERS, shape_from
from model_registry_spark.request_log import Source, SparkRequestLog
from model_registry_spark.sessions import CONNECT_PORT, connected_session, local_session

_URL: Final = re.compile(
    r"(?P<scheme>spark|spark\+connect)://(?P<host>[^/?:]*)(?::(?P<port>[0-9]+))?"
    r"(?:/(?P<path>[^?]*))?(?:\?(?P<query>.*))?",
    re.IGNORECASE,
)
_FORMS: Final = (
    "spark:///path?…, spark:///?table=…, spark+connect://host:15002/path?… "
    "or spark+connect://host:15002/?table=…"
)
_OURS: Final = ("table", "format", "day", *PARAMETERS)


def open_request_log(
    url: str, *, shape: Shape = NATIVE, max_models: int = MAX_MODELS
) -> SparkRequestLog:
    """
    Open the log that a URL names.

    ``spark:///`` is the session of this process, ``spark+connect://host:port/`` one on
    a Spark Connect server. What follows is the path of files, three slashes for a
    relative one and four for one from the root (``spark:///s3a://bucket/calls``), with
    ``format``, which is ``parquet`` unless it is said; or nothing, and ``table`` names a
    table. ``shape`` (a well-known one or a TOML file), ``time``, ``model``, ``tenant``
    (empty if the log has none), ``time_unit``, ``all_rows_are`` and ``day`` say what
    columns are called; what else is in a Connect URL is Connect's
    own (``token``, ``use_ssl``).

    Args:
        url: the URL.
        shape: how the rows name what is needed, where the URL does not say.
        max_models: how many distinct models a scan may hold.

    Raises:
        RequestLogError: the URL is wrong, Spark cannot be had, or it has no such log.
    """
    found = _URL.fullmatch(url)
    if found is None:
        raise RequestLogError(f"A request log of Spark is named by {_FORMS}")
    given = dict(parse_qsl(found["query"] or "", keep_blank_values=True))
    source = _source(unquote(found["path"] or ""), given)
    options: dict[str, Any] = {
        "shape": shape_from(given, shape),
        "day": given.get("day") or None,
        "max_models": max_models,
    }
    drivers = {name: value for name, value in given.items() if name not in _OURS}
    if found["scheme"].lower() == "spark+connect":
        host, port = found["host"], int(found["port"] or CONNECT_PORT)
        if not host:
            raise RequestLogError("A Spark Connect server is named: spark+connect://host:15002/…")
        session = connected_session(host, port, drivers)
        return SparkRequestLog.on_own_session(session, source, **options)
    if found["host"]:
        raise RequestLogError(
            f"spark:// is the session of this process and takes no host; there are {_FORMS}. "
            "Another cluster is for spark-submit or for a session that you make yourself"
        )
    if drivers:
        raise RequestLogError(
            f"A request log has no parameter {min(drivers)!r}; there are {', '.join(_OURS)}"
        )
    session, started = local_session()
    make = SparkRequestLog.on_own_session if started else SparkRequestLog
    return make(session, source, **options)


def _source(path: str, given: Mapping[str, str]) -> Source:
    table = given.get("table", "")
    if bool(table) == bool(path) or (table and "format" in given):
        raise RequestLogError(
            f"A request log of Spark is a path, with a format, or a table: {_FORMS}"
        )
    return Source(table) if table else Source(path, given.get("format") or "parquet")
