"""Opening files that cannot be trusted."""

from __future__ import annotations

import ast
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import backend.media
from backend.core.fault import Category, Fault, FaultError
from backend.media.probe import probe
from backend.media.read import open_media

from .studio import Audio, Video, beeps, record, steady


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return record(tmp_path / "rec.mp4", Video(steady(0.5)), Audio(beeps(0.5, [0.1])))


def refused(path: Path) -> Fault:
    with pytest.raises(FaultError) as caught:
        probe(path)
    fault = caught.value.fault
    assert fault.hint, "says what to do"
    assert "\n" not in fault.message
    return fault


@pytest.mark.parametrize(
    "name",
    [
        "take %03d.mp4",
        "http:example.mp4",
        "concat:a|b.mp4",
        "-dash.mp4",
        "new\nline.mp4",
        "quo'te\"s.mp4",
        "emoji 🎬 ümlaut.mp4",
        "a" * 251 + ".mp4",
        "no extension",
    ],
)
def test_any_name_is_only_a_name(
    recording: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "take 001.mp4").write_bytes(b"another file")
    recording.rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert probe(Path(name)).video[0].frames == 15


def test_a_name_that_is_no_unicode(recording: Path, tmp_path: Path) -> None:
    odd = Path(str(tmp_path) + "/bad\udcff.mp4")
    recording.rename(odd)
    assert probe(odd).video


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nrec.mp4\n", "playlist"),
        (b"ffconcat version 1.0\nfile rec.mp4\n", "playlist"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 5004 RTP/AVP 96\r\n", "playlist"),
        (b"<?xml version='1.0'?><MPD><Period/></MPD>", "playlist"),
        (b"Dear diary, today I recorded nothing.\n" * 20, "text"),
        (b"%PDF-1.7 " + bytes(500), "PDF"),
        (b"PK\x03\x04" + bytes(500), "archive"),
        (b"\x1aE\xdf\xa3" + b"\x07" * 600, "damaged"),
        (bytes(range(256)) * 40, "no recording"),
        (
            struct.pack(">I4s", 16, b"ftyp")
            + b"isom\0\0\2\0"
            + struct.pack(">I4s", 900, b"mdat")
            + bytes(400),
            "stopped before it could finish",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_recording_is_named_for_what_it_is(
    recording: Path, tmp_path: Path, content: bytes, word: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    fault = refused(path)
    assert fault.category is Category.INPUT
    assert "clip.mp4" in fault.message
    assert word in fault.message
    assert capfd.readouterr() == ("", ""), "FFmpeg keeps quiet"


def test_a_still_picture_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with av.open(str(path), "w", format="image2", container_options={"update": "1"}) as out:
        stream = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "rgb24"
        out.mux(stream.encode(av.VideoFrame(64, 64, "rgb24")))
        out.mux(stream.encode(None))
    assert "picture" in refused(path).message


def test_pictures_beyond_all_measure_are_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.mov"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 12000, 12000, "gray"
        black = np.zeros((12000, 12000), np.uint8)
        out.mux(stream.encode(av.VideoFrame.from_ndarray(black, "gray")))
        out.mux(stream.encode(None))
    assert path.stat().st_size < 2_000_000
    assert refused(path).category is Category.INPUT


def test_thousands_of_tracks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.mkv"
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("pcm_s16le", rate=8000) for _ in range(100)]
        frame = av.AudioFrame("s16", "stereo", 100)
        frame.sample_rate, frame.pts = 8000, 0
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        for stream in streams:
            out.mux(stream.encode(frame))
    try:
        info = probe(path)
    except FaultError as error:
        assert error.fault.category is Category.INPUT
    else:
        assert len(info.audio) <= 64


def test_a_recording_cut_short_says_so(recording: Path, tmp_path: Path) -> None:
    whole = recording.read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole[:60])
    fault = refused(path)
    assert fault.category is Category.INPUT
    assert "cut.mp4" in fault.message
    for keep in (len(whole) // 2, len(whole) - 200):
        path.write_bytes(whole[:keep])
        assert "stopped before it could finish" in probe(path).notes[0]


def test_tags_that_are_no_text_do_not_hurt(tmp_path: Path) -> None:
    path = record(tmp_path / "t.avi", Video(steady(0.3), "mpeg4", time_base=Fraction(1, 30)))
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"Lavf", b"\xff\xfe\xfd\xfc"))
    assert probe(path).video


def test_nothing_else_opens_media() -> None:
    """`av.open` for reading stands in one file: everything else goes through `open_media`."""
    folder = Path(backend.media.__file__).parent
    found = []
    for file in folder.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("av.open", "open"):
                if ast.unparse(node.func) == "open":
                    continue
                mode = ast.unparse(node.args[1]) if len(node.args) > 1 else "'r'"
                if mode != "'w'":
                    found.append(file.name)
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("av"):
                assert "open" not in {name.name for name in node.names}
    assert found == ["read.py"]


def test_the_caller_owns_the_container(recording: Path) -> None:
    container = open_media(recording)
    assert len(container.streams) == 2
    container.close()
    assert len(container.streams) == 0
