"""The Parquet backend: a store of plain files, and request logs in Parquet and JSON Lines."""

from model_registry_parquet.store import ParquetStore, open_store

__all__ = ["ParquetStore", "open_store"]
