"""Rushes: finished recordings, made ready on the owner's own machine."""

__version__ = "0.1.0"
