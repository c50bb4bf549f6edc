"""`python -m backend` is the `rushes` command."""

from __future__ import annotations

import multiprocessing


def main() -> None:
    """Run the command that was given, and end the process with its exit code."""
    # Before any argument is looked at: a frozen app's children come in through here.
    multiprocessing.freeze_support()
    from backend.cli import run

    run()


if __name__ == "__main__":
    main()
