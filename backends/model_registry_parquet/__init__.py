"""The parquet backend."""
