from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from backend.core.fault import Category, FaultError
from backend.description import read_description


def describe(folder: Path, content: object) -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "session.json").write_text(text, "utf-8")
    return folder


def test_no_description_is_no_fault(tmp_path: Path) -> None:
    assert read_description(tmp_path) is None


def test_all_of_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "video.mp4").touch()
    (tmp_path / "a.wav").touch()
    described = read_description(
        describe(
            tmp_path,
            {
                "title": "Stand-up",
                "started_at": "2026-03-01T09:30:00+01:00",
                "video": "video.mp4",
                "segments": [{"file": "a.wav", "offset": 0.1}],
                "recorder": "unknown fields are the recorder's own",
            },
        )
    )
    assert described is not None
    assert described.title == "Stand-up"
    assert described.started_at == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    assert described.video == tmp_path / "video.mp4"
    assert described.segments == (tmp_path / "a.wav",)
    assert described.offsets == {tmp_path / "a.wav": Fraction(1, 10)}


def test_a_null_video_says_that_there_is_none(tmp_path: Path) -> None:
    described = read_description(describe(tmp_path, {"video": None}))
    assert described is not None
    assert described.names_video
    assert described.video is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"title": NaN}', "not JSON"),
        ("\xff\xfe", "not JSON"),
        ("[]", "not an object"),
        ("null", "not an object"),
        ({"title": 7}, "“title”"),
        ({"started_at": "yesterday"}, "“started_at”"),
        ({"started_at": 5}, "“started_at”"),
        ({"started_at": "0001-01-01T00:00:00Z"}, "“started_at”"),
        ({"video": 5}, "“video”"),
        ({"video": ""}, "“video”"),
        ({"video": "a\0b"}, "“video”"),
        ({"video": "../outside.mp4"}, "outside"),
        ({"video": "/etc/hosts"}, "outside"),
        ({"segments": {}}, "“segments”"),
        ({"segments": ["a.wav"]}, "segments[0]"),
        ({"segments": [{}]}, "segments[0]"),
        ({"segments": [{"file": "here.wav", "offset": "soon"}]}, "offset"),
        ({"segments": [{"file": "here.wav", "offset": True}]}, "offset"),
        ({"segments": [{"file": "here.wav", "offset": -1}]}, "before"),
        ({"segments": [{"file": "here.wav", "offset": 1e9}]}, "week"),
        ({"segments": [{"file": "here.wav"}, {"file": "here.wav"}]}, "second time"),
        ({"video": "here.wav", "segments": [{"file": "here.wav"}]}, "second time"),
        ('{"segments": [{"file": "\\ud800.wav"}]}', "segments[0]"),
        ({"segments": [{"file": "long" * 2000}]}, "segments[0]"),
        ({"segments": [{"file": "loop.wav"}]}, "segments[0]"),
    ],
)
def test_nonsense_is_refused_in_words(tmp_path: Path, content: object, words: str) -> None:
    (tmp_path / "here.wav").touch()
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    (tmp_path.parent / "outside.mp4").touch()
    with pytest.raises(FaultError) as refused:
        read_description(describe(tmp_path, content))
    fault = refused.value.fault
    assert fault.category is Category.INPUT
    assert words in fault.message
    assert "session.json" in fault.message
    assert fault.hint


def test_a_file_that_it_names_and_that_is_gone_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FaultError) as refused:
        read_description(describe(tmp_path, {"video": "gone.mp4"}))
    assert refused.value.fault.category is Category.MISSING
    assert "gone.mp4" in refused.value.fault.message
