"""
What a host can watch: an observer of requests, writes, scans and looks, and log lines with fields.

The adapters are imported by their own names: ``observing.prometheus`` needs the
extra ``prometheus``, ``observing.opentelemetry`` the extra ``opentelemetry``.
"""

from model_registry.observing.observer import (
    SUCCESS,
    LookFinished,
    Observer,
    RequestServed,
    ScanFinished,
    WriteFinished,
)

__all__ = ["SUCCESS", "LookFinished", "Observer", "RequestServed", "ScanFinished", "WriteFinished"]
