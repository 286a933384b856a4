"""What the tests of the examples share."""

from running_example import run_example

__all__ = ["run_example"]
