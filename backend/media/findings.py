"""What was found out about a film, as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from backend.core.fault import FaultError, explain
from backend.media.write import sync


def write_findings(output: Path, told: Mapping[str, object]) -> None:
    """Write JSON, safe against a power cut. Raises FaultError (storage) where the disk is full."""
    try:
        output.write_text(json.dumps(told, separators=(",", ":")), encoding="ascii")
        sync(output)
    except OSError as error:
        raise FaultError(explain(error, "write what was found")) from error
