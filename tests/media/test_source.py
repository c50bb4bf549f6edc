"""Which file is which, and whether it stayed the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backend.core.fault import Category, FaultError
from backend.media.source import BLOCK, BLOCKS, identify, require_unchanged


def refused(path: Path) -> FaultError:
    with pytest.raises(FaultError) as caught:
        identify(path)
    return caught.value


def test_same_bytes_have_the_same_digest_and_other_bytes_another(tmp_path: Path) -> None:
    a, b, c = (tmp_path / name for name in "abc")
    a.write_bytes(b"x" * 1000)
    b.write_bytes(b"x" * 1000)
    c.write_bytes(b"x" * 999 + b"y")
    assert identify(a).digest == identify(b).digest != identify(c).digest
    assert identify(a).key != identify(b).key


def test_a_large_file_is_known_by_blocks_that_reach_from_start_to_end(tmp_path: Path) -> None:
    path = tmp_path / "large"
    size = BLOCK * BLOCKS * 4
    path.write_bytes(bytes(size))
    before = identify(path).digest
    for offset in (0, size - 1):
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(b"!")
        assert identify(path).digest != before
        before = identify(path).digest


@pytest.mark.parametrize("how", ["grown", "touched", "replaced", "gone"])
def test_a_file_that_changes_is_noticed(tmp_path: Path, how: str) -> None:
    path = tmp_path / "rec.mp4"
    path.write_bytes(b"x" * 100)
    source = identify(path)
    require_unchanged(source)
    if how == "grown":
        with path.open("ab") as file:
            file.write(b"more")
        os.utime(path, ns=(source.mtime_ns, source.mtime_ns))
    elif how == "touched":
        os.utime(path, ns=(source.mtime_ns + 1, source.mtime_ns + 1))
    elif how == "replaced":
        other = tmp_path / "other"
        other.write_bytes(b"x" * 100)
        os.utime(other, ns=(source.mtime_ns, source.mtime_ns))
        other.replace(path)
    else:
        path.unlink()
    with pytest.raises(FaultError) as caught:
        require_unchanged(source)
    fault = caught.value.fault
    assert "rec.mp4" in fault.message
    assert fault.hint
    assert fault.category is (Category.MISSING if how == "gone" else Category.CORRUPT)


def test_only_ordinary_files_are_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    for path, category, word in [
        (pipe, Category.INPUT, "pipe"),
        (Path("/dev/null"), Category.INPUT, "device"),
        (tmp_path, Category.INPUT, "folder"),
        (tmp_path / "none.mp4", Category.MISSING, "not there"),
        (tmp_path / "a\0b", Category.INPUT, "cannot be a file"),
    ]:
        fault = refused(path).fault
        assert fault.category is category
        assert word in fault.message
        assert fault.hint


def test_a_name_with_a_newline_stays_on_one_line(tmp_path: Path) -> None:
    assert "\n" not in refused(tmp_path / "a\nb.mp4").fault.message


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.mp4"
    path.write_bytes(b"x")

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))  # root is never told so

    monkeypatch.setattr(Path, "open", forbidden)
    assert refused(path).fault.category is Category.PERMISSION
