"""Measurements beside something to compare with, in the same run: ``make bench``."""
