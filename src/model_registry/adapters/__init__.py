"""
Where requests are seen as they are made: LiteLLM, OpenTelemetry, and ASGI gateways.

Each adapter is imported by its own name, and needs nothing but what it adapts to. What
was answered counts: of a call that failed, nobody knows whether there is such a model.
"""
