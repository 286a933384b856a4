"""The Parquet backend: a store of plain files, and request logs in Parquet and JSON Lines."""

from model_registry_parquet.json_log import JsonLinesRequestLog
from model_registry_parquet.parquet_log import ParquetRequestLog
from model_registry_parquet.request_logs import open_request_log
from model_registry_parquet.store import ParquetStore, open_store

__all__ = [
    "JsonLinesRequestLog",
    "ParquetRequestLog",
    "ParquetStore",
    "open_request_log",
    "open_store",
]
