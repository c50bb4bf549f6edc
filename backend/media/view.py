"""A file that is read otherwise than it lies on the disk, without a copy of it."""

from __future__ import annotations

import io
from pathlib import Path


class View(io.RawIOBase):
    """The file at `path`, read-only and seekable; subclasses say what is read in its stead."""

    def __init__(self, path: Path, longer: int = 0) -> None:
        """`longer`: bytes that the view has more than the file."""
        self._file = path.open("rb")
        self._longer = longer
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            self._at = self._longer + self._file.seek(0, io.SEEK_END) + offset
        else:
            self._at = offset + (self._at if whence == io.SEEK_CUR else 0)
        return self._at

    def close(self) -> None:
        self._file.close()
        super().close()
