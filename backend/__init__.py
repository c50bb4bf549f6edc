"""Rushes: finished recordings, made ready on the owner's own machine."""

import os

# Nothing here multiplies matrices: threads for it only cost every process a part of its start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
