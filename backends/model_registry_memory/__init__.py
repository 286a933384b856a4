"""The in-memory backend: the simplest thing that keeps the ports' promises."""

from model_registry_memory.request_log import IterableRequestLog
from model_registry_memory.store import MemoryStore, open_store

__all__ = ["IterableRequestLog", "MemoryStore", "open_store"]
