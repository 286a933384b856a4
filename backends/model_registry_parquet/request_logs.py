"""From a URL or a plain path to the request log in files that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from model_registry.domain.request_log import MAX_MODELS, NATIVE, Shape
from model_registry.errors import RequestLogError
from model_registry.ports import RequestLog
from model_registry.shaping import PARAMETERS, shape_from
from model_registry_parquet.forms import JSON_LINES, PARQUET
from model_registry_parquet.incremental import IncrementalRequestLog
from model_registry_parquet.json_log import JsonLinesRequestLog
from model_registry_parquet.locations import Location, read_url
from model_registry_parquet.log_files import locate
from model_registry_parquet.parquet_log import ParquetRequestLog

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def open_request_log(
    url: str,
    *,
    shape: Shape = NATIVE,
    max_models: int = MAX_MODELS,
    summaries: str | Path | None = None,
) -> RequestLog:
    """
    Open the log that a plain path or a URL names.

    A path is a file, a folder or a pattern; what is in it decides between
    Parquet and JSON Lines. So it does for ``file:///``; ``parquet:///`` and
    ``jsonl:///`` say which. Three slashes begin a relative path, four one from
    the root. The parameter ``shape`` names a well-known shape or a TOML file;
    ``time``, ``model``, ``tenant`` and ``time_unit`` set parts of it; ``tenant=``
    says that the log has none, ``all_rows_are`` whose all rows are. ``summaries``
    names the file that summaries are kept in.

    Args:
        url: the path or the URL.
        shape: how the rows name what is needed, where the URL does not say.
        max_models: how many distinct models a scan may hold.
        summaries: a file to keep summaries in, where the URL does not say, so that
            a scan reads only what is new; None to read everything each time.

    Raises:
        RequestLogError: nothing matches, both kinds do, or the URL is wrong.
    """
    location = read_url(url) if _URL.match(url) else Location("file", url)
    if not location.path:
        raise RequestLogError(
            f"A log in files is named by a path, {location.scheme or 'file'}:///relative/path or "
            f"{location.scheme or 'file'}:////path/from/the/root; not {url}"
        )
    options = dict(location.options)
    summaries = options.pop("summaries", summaries)
    if summaries == "":
        raise RequestLogError("The parameter 'summaries' of a request log names no file")
    shape = _shaped(shape, options)
    parquet = _is_parquet(location.path) if location.scheme == "file" else None
    if parquet is None:
        locate(location.path)  # so that a log that is not there is an error at once
        parquet = location.scheme == "parquet"
    if summaries is not None:
        form = PARQUET if parquet else JSON_LINES
        return IncrementalRequestLog(
            form, location.path, shape, max_models=max_models, summaries=summaries
        )
    if parquet:
        return ParquetRequestLog(location.path, shape, max_models=max_models)
    return JsonLinesRequestLog(location.path, shape, max_models=max_models)


def _shaped(shape: Shape, options: Mapping[str, str]) -> Shape:
    unknown = [name for name in options if name not in PARAMETERS]
    if unknown:
        raise RequestLogError(
            f"A request log has no parameter {unknown[0]!r}; there are {', '.join(PARAMETERS)}, summaries"
        )
    return shape_from(options, shape)


def _is_parquet(path: str) -> bool:
    files = locate(path)
    kinds = {file.is_parquet(): file.path for file in files if file.size}
    if len(kinds) > 1:
        raise RequestLogError(
            f"{path!r} names Parquet and other files, such as {kinds[True]} and {kinds[False]}; "
            "name those of one kind"
        )
    return True in kinds
