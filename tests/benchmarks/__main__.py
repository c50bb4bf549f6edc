"""`make bench [ROWS="queue status ready shrink cores scenes cut export long live start"]`."""

from __future__ import annotations

import shutil
import sys

from tests.benchmarks import (
    cut_row,
    export_row,
    live_row,
    queue_row,
    ready_row,
    senses_row,
    shrink_row,
    speech_row,
    start_row,
    status_row,
)
from tests.benchmarks.harness import OUT, describe_machine

ROWS = {
    "queue": queue_row.run,
    "status": status_row.run,
    "ready": ready_row.ready,
    "ready-aac": ready_row.ready_aac,
    "ready-live": ready_row.ready_live,
    "join": ready_row.join,
    "throughput": ready_row.throughput,
    "scenes": senses_row.run_scenes,
    "senses": senses_row.run_senses,
    "speech": speech_row.run,
    "shrink": shrink_row.run,
    "cores": shrink_row.run_cores,
    "live": live_row.run,
    "cut": cut_row.run,
    "export": export_row.run,
    "long": export_row.run_long,
    "start": start_row.run,
}

if __name__ == "__main__":
    wanted = sys.argv[1:] or list(ROWS)
    if unknown := [name for name in wanted if name not in ROWS]:
        sys.exit(f"There is no row {', '.join(unknown)}; there are {', '.join(ROWS)}.")
    describe_machine()
    OUT.mkdir(parents=True, exist_ok=True)
    try:
        for name in wanted:
            ROWS[name]()
    finally:
        shutil.rmtree(OUT)
