"""Rushes: finished recordings, made ready on the owner's own machine."""

import os

# No matrix here is so large that threads for it were worth their part of every process's start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
