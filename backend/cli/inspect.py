"""`rushes inspect`: what is in a media file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from backend.cli.command import PATH, Code, command
from backend.cli.form import Asked, asked_form, with_form
from backend.cli.output import Output, amount, plain
from backend.cli.sync import measured
from backend.core.fault import Fault, FaultError
from backend.core.form import AS_RECORDED, Form
from backend.core.media import AudioStream, MediaInfo, VideoStream
from backend.core.time import timecode
from backend.settings import Settings


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=PATH)
@click.option("--plan", is_flag=True, help="How its film is made; also of a session or its folder.")
@click.option(
    "--cut",
    "cuts",
    multiple=True,
    metavar="START-END",
    help="With --plan: how this part would be cut out. May be given again.",
)
@click.option(
    "--sync",
    is_flag=True,
    help="Decode it all and measure how far apart picture and sound are; sessions may be named.",
)
@with_form
@command
def inspect(
    files: tuple[Path, ...],
    plan: bool,
    cuts: tuple[str, ...],
    sync: bool,
    height: Asked,
    rate: Asked,
    settings: Settings,
    out: Output,
) -> Code:
    """Say what is in a media file: container, length, and every track.

    The file is looked at by a process of its own, so one that is broken can do no harm.
    """
    if cuts and not plan:
        raise click.UsageError("--cut goes with --plan.")
    form = asked_form(height, rate)
    if form != AS_RECORDED and not plan:
        raise click.UsageError("--height and --rate go with --plan.")
    if plan and sync:
        raise click.UsageError("--plan and --sync are two questions: ask one at a time.")
    if plan:
        return _plans([str(file) for file in files], cuts, form, settings, out)
    if sync:
        return max(measured(file, settings, out) for file in files)
    from backend.work.isolate import probe_files

    paths = [Path(os.path.abspath(file)) for file in files]  # noqa: PTH100 - links stay links
    code = Code.DONE
    for path, probed in zip(paths, probe_files(paths), strict=True):
        if isinstance(probed, Fault):
            out.fail(probed, file=str(path))
            code = Code.REFUSED
            continue
        source, info = probed
        out.line({**_told(info), "key": source.key})
        if not out.json:
            _show(info, out)
    return code


def _plans(
    named: Sequence[str], cuts: Sequence[str], form: Form, settings: Settings, out: Output
) -> Code:
    """Tell how the film of each is made: which stretches are copied, and which encoded and why."""
    from backend.cli.recordings import inside, ranges_of, recordings
    from backend.core.edits import keep, require_inside
    from backend.work.apart import plan_apart

    asked = ranges_of(cuts)
    code = Code.DONE
    for name in named:
        try:
            found = recordings(name, settings)
            timeline = found.timeline
            if asked:
                ranges = require_inside(inside(asked, timeline.duration), timeline.duration)
                timeline = keep(timeline, ranges).timeline
            told = plan_apart(found.cutting(timeline, form))
        except FaultError as error:
            out.fail(error.fault, file=name)
            code = Code.REFUSED
            continue
        out.line({key: told[key] for key in ("stretches", "notes")} | {"file": name})
        if len(named) > 1:
            out.say(plain(name))
        out.say("\n".join(plain(line) for line in str(told["table"]).splitlines()))
        for note in told["notes"] if isinstance(told["notes"], list) else []:
            out.say(f"! {plain(note)}")
    return code


def _told(value: Any) -> Any:
    """JSON of a value: seconds and rates as numbers, time bases as the fractions they are."""
    if is_dataclass(value):
        return {
            field.name: str(getattr(value, field.name))
            if field.name == "time_base"
            else _told(getattr(value, field.name))
            for field in fields(value)
        }
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, tuple | list):
        return [_told(item) for item in value]
    return value


def _show(info: MediaInfo, out: Output) -> None:
    out.say(plain(info.path))
    facts = f"{info.container}, {timecode(info.duration)}, {amount(info.size)}"
    if info.start:
        facts += f", its clock starts at {timecode(info.start)}"
    out.say(f"  {facts}")
    for video in info.video:
        out.say(f"  picture  {_picture(video)}")
    numbers = {stream.index: i + 1 for i, stream in enumerate(sorted(info.audio, key=_index))}
    for audio in info.audio:
        number = f"track {numbers[audio.index]}, " if len(info.audio) > 1 else ""
        heard = ", heard unless you choose another" if number and audio is info.audio[0] else ""
        out.say(f"  sound    {number}{_sound(audio)}{heard}")
    for other in info.others:
        out.say(f"  also     {plain(other)}")
    for name, value in info.tags:
        out.say(f"  {plain(name)}: {plain(value)}")
    for note in info.notes:
        out.say(f"  ! {plain(note)}")


def _index(stream: AudioStream) -> int:
    return stream.index


def _picture(video: VideoStream) -> str:
    words = [
        video.codec + (f" {video.profile}" if video.profile else ""),
        f"{video.width} × {video.height}",
        video.pixel_format,
    ]
    if video.frame_rate:
        words.append(f"{float(video.frame_rate):.5g} frames/s" + (", varying" * video.variable))
    if video.rotation:
        words.append(f"turned by {video.rotation}°")
    if video.sample_aspect != 1:
        words.append(f"pixels {video.sample_aspect}")
    if video.interlaced:
        words.append("interlaced")
    words.append(timecode(video.duration))
    return plain(", ".join(words))


def _sound(audio: AudioStream) -> str:
    coder = audio.codec + (f" {audio.profile}" if audio.profile else "")
    return plain(f"{coder}, {audio.rate} Hz, {audio.layout}, {timecode(audio.duration)}")
