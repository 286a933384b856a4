"""The pure core: what a model entry is, how it may change, and what a history proves."""
