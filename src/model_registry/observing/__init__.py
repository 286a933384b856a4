"""
What a host can watch: an observer of requests, writes, scans, looks and flushes, and log lines.

The adapters are imported by their own names: ``observing.prometheus`` needs the
extra ``prometheus``, ``observing.opentelemetry`` the extra ``opentelemetry``.
"""

from model_registry.observing.observer import (
    SUCCESS,
    FlushFinished,
    LookFinished,
    Observer,
    RequestServed,
    ScanFinished,
    WriteFinished,
)

__all__ = [
    "SUCCESS",
    "FlushFinished",
    "LookFinished",
    "Observer",
    "RequestServed",
    "ScanFinished",
    "WriteFinished",
]
