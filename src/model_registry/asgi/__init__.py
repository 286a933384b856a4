"""The HTTP contract as an ASGI sub-app."""
