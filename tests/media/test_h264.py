"""Parameter sets: what may not change in mid film."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from backend.media import h264

from .studio import Video, record, steady


def header(path: Path) -> bytes:
    with av.open(str(path)) as container:
        return container.streams.video[0].codec_context.extradata or b""


def shapes(path: Path) -> list[tuple[int, ...]]:
    return list(h264.shapes_of_header(header(path)))


def test_both_forms_of_a_header_tell_the_same_shape(tmp_path: Path) -> None:
    mp4 = record(tmp_path / "a.mp4", Video(steady(0.3)))
    ts = record(tmp_path / "a.ts", Video(steady(0.3)))
    assert h264.length_size(header(mp4)) == 4
    assert h264.length_size(header(ts)) == 0
    assert len(shapes(mp4)) == 1
    assert shapes(mp4) == shapes(ts)


@pytest.mark.parametrize(
    "other",
    [
        Video(steady(0.3), size=(640, 360)),
        Video(steady(0.3), options={"profile": "baseline"}),
        Video(steady(0.3), pixel_format="yuv444p"),
        Video(steady(0.3), options={"x264-params": "interlaced=1"}),
        Video(steady(0.3), options={"refs": "6"}),
    ],
)
def test_shapes_differ_where_decoders_must_know(tmp_path: Path, other: Video) -> None:
    one = record(tmp_path / "a.mp4", Video(steady(0.3)))
    assert shapes(one) != shapes(record(tmp_path / "b.mp4", other))


def test_colour_alone_is_no_other_shape(tmp_path: Path) -> None:
    one = record(tmp_path / "a.mp4", Video(steady(0.3)))
    tagged = Video(steady(0.3), options={"x264-params": "colorprim=bt709:transfer=bt709"})
    other = record(tmp_path / "b.mp4", tagged)
    assert header(one) != header(other)
    assert shapes(one) == shapes(other)


def test_parameter_sets_inside_packets_are_found(tmp_path: Path) -> None:
    path = record(tmp_path / "a.ts", Video(steady(0.3)))
    with av.open(str(path)) as container:
        first = next(p for p in container.demux(video=0) if p.size)
        assert list(h264.shapes_in(bytes(first), 0)) == shapes(path)


def test_scaling_lists_are_stepped_over(tmp_path: Path) -> None:
    lists = Video(steady(0.3), options={"x264-params": "cqm=jvt"})
    assert len(shapes(record(tmp_path / "a.mp4", lists))[0]) > 8


@pytest.mark.parametrize(
    "junk", [b"", b"\x67", b"\x67\x64\x00\x1f", b"\x68abcdefgh", b"\x67" + bytes(40)]
)
def test_what_is_none_is_an_error(junk: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        h264.shape(junk)
