"""
The two interfaces that a backend implements; their docstrings are the specification.

A backend names a factory in the entry-point group ``model_registry.stores`` or
``model_registry.request_logs``, under its URL scheme. The factory takes the URL
and the backend's own keyword options, and returns the port.
"""

from model_registry.ports.request_log import RequestLog
from model_registry.ports.store import Store

__all__ = ["RequestLog", "Store"]
