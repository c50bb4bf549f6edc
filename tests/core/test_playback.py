"""Files in their places of the film, and what browsers are asked about them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from backend.core.playback import Piece, content_type, media_type, session_pieces
from backend.core.time import TimeRange
from backend.core.timeline import Clip, TrackKind, session_timeline
from tests.core.making import audio, info, picture, segment, session, video

AAC = 'audio/mp4; codecs="mp4a.40.2"'


def seen(container: str, codec: str, profile: str | None = None, pixels: str = "yuv420p") -> object:
    track = replace(video(Fraction(4)), codec=codec, profile=profile, pixel_format=pixels)
    file = replace(info("a", Fraction(4)), container=container, video=(track,), audio=())
    return media_type(file, track.index)


def heard(container: str, codec: str) -> object:
    track = replace(audio(Fraction(4)), codec=codec)
    file = replace(info("a", Fraction(4)), container=container, audio=(track,))
    return media_type(file, track.index)


def test_pieces_lie_where_the_film_puts_them() -> None:
    """Over a gap, an overlap and a piece that begins before the session does."""
    segments = (
        segment("a.m4a", Fraction(3), Fraction(-1)),
        segment("b.m4a", Fraction(3), Fraction(1)),
        segment("c.m4a", Fraction(2), Fraction(6)),
    )
    taken = replace(session(), picture=picture(Fraction(9)), segments=segments)
    pieces = session_pieces(taken)
    assert pieces[0].kind is TrackKind.VIDEO
    assert pieces[0].span == TimeRange(Fraction(0), Fraction(9))
    assert pieces[1:] == (
        Piece(1, TrackKind.AUDIO, TimeRange(Fraction(0), Fraction(1)), Fraction(1), AAC),
        Piece(2, TrackKind.AUDIO, TimeRange(Fraction(1), Fraction(4)), Fraction(0), AAC),
        Piece(3, TrackKind.AUDIO, TimeRange(Fraction(6), Fraction(8)), Fraction(0), AAC),
    )
    track = session_timeline(taken).track(TrackKind.AUDIO)
    assert track is not None
    film = [(span, item) for span, item in track.placed() if isinstance(item, Clip)]
    assert [(piece.span, piece.offset) for piece in pieces[1:]] == [
        (span, clip.source_range.start) for span, clip in film
    ]


def test_a_sound_in_the_picture_s_own_file_is_a_piece_of_the_same_source() -> None:
    pieces = session_pieces(replace(session(), picture=picture(Fraction(5), sound=True)))
    assert [(piece.source, piece.kind) for piece in pieces] == [
        (0, TrackKind.VIDEO),
        (0, TrackKind.AUDIO),
    ]


@pytest.mark.parametrize(
    ("container", "codec", "profile", "pixels", "asked"),
    [
        ("mov,mp4,m4a", "h264", "High", "yuv420p", 'video/mp4; codecs="avc1.640028"'),
        ("matroska,webm", "h264", "Main", "yuv420p", 'video/mp4; codecs="avc1.4D0028"'),
        ("mov,mp4,m4a", "hevc", "Main 10", "yuv420p10le", 'video/mp4; codecs="hvc1.2.4.L120.90"'),
        ("matroska,webm", "vp9", "Profile 0", "yuv420p", 'video/webm; codecs="vp09.00.40.08"'),
        ("matroska,webm", "vp8", "0", "yuv420p", 'video/webm; codecs="vp8"'),
        ("mov,mp4,m4a", "av1", "Main", "yuv420p10le", 'video/mp4; codecs="av01.0.08M.10"'),
        ("matroska,webm", "mpeg4", None, "yuv420p", None),
        ("mpegts", "h264", "High", "yuv420p", None),
        ("avi", "h264", "High", "yuv420p", None),
    ],
)
def test_what_a_browser_is_asked_of_a_picture(
    container: str, codec: str, profile: str | None, pixels: str, asked: str | None
) -> None:
    assert seen(container, codec, profile, pixels) == asked


@pytest.mark.parametrize(
    ("container", "codec", "asked"),
    [
        ("mov,mp4,m4a", "aac", AAC),
        ("matroska,webm", "opus", 'audio/webm; codecs="opus"'),
        ("matroska,webm", "ac3", None),
        ("wav", "pcm_s16le", "audio/wav"),
        ("mp3", "mp3", "audio/mpeg"),
        ("flac", "flac", "audio/flac"),
        ("amrnb", "amr_nb", None),
    ],
)
def test_what_a_browser_is_asked_of_a_sound(container: str, codec: str, asked: str | None) -> None:
    assert heard(container, codec) == asked


def test_a_file_is_sent_as_what_it_is() -> None:
    file = info("a", Fraction(4), picture=True)
    assert content_type(file) == "video/mp4"
    assert content_type(replace(file, container="matroska,webm", video=())) == "audio/webm"
    assert content_type(replace(file, container="wav")) == "audio/wav"
    assert content_type(replace(file, container="avi")) == "application/octet-stream"
