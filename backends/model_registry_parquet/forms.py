"""The two kinds of files that summaries are made of."""

from __future__ import annotations

from typing import Final

from model_registry_parquet import json_parts, parquet_parts
from model_registry_parquet.incremental import Form
from model_registry_parquet.json_log import JsonLinesRequestLog, read_lines
from model_registry_parquet.parquet_log import ParquetRequestLog, read_file
from model_registry_parquet.text_files import place_in

JSON_LINES: Final = Form(
    name="jsonl",
    place=place_in,
    read=read_lines,
    parts=json_parts.read_parts,
    still_there=json_parts.still_there,
    log=JsonLinesRequestLog,
)
PARQUET: Final = Form(
    name="parquet",
    place=lambda file: f"{file.path}, row",
    read=read_file,
    parts=parquet_parts.read_parts,
    still_there=lambda _, parts: not parts,
    log=ParquetRequestLog,
)
