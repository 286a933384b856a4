"""The Spark backend: request logs that a Spark cluster reads."""

from model_registry_spark.log_urls import open_request_log
from model_registry_spark.request_log import Source, SparkRequestLog

__all__ = ["Source", "SparkRequestLog", "open_request_log"]
