"""The conformance kit for backends."""
