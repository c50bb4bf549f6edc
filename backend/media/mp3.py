"""The sound of a timeline as an MP3, for players that know nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.error import FFmpegError

from backend.core.context import Context
from backend.core.fault import FaultError, explain
from backend.core.media import MediaInfo, Source
from backend.core.progress import Stage
from backend.core.timeline import Timeline
from backend.media.plan import sound_plan
from backend.media.samples import SoundFacts
from backend.media.sound import film_sound
from backend.media.source import require_unchanged
from backend.media.write import sync

_BIT_RATES = {1: 96_000, 2: 192_000}
"""By channels: where LAME is hard to tell from the original for speech, and for music."""


def save_mp3(
    timeline: Timeline,
    infos: Mapping[str, MediaInfo],
    sources: Sequence[Source],
    output: Path,
    ctx: Context,
    title: str = "",
) -> dict[str, object]:
    """Encode the sound of `timeline` to `output`; arguments, errors and leftovers as of `merge`.

    Raises ValueError where it has no sound.
    """
    plan = sound_plan(timeline, infos)
    if plan is None:
        raise ValueError("there is no sound on the timeline")
    ctx.plan((Stage("sound", "Encoding the sound", 1.0),))
    facts = SoundFacts()
    for source in sources:
        require_unchanged(source)
    done = 0
    try:
        with av.open(f"file:{output}", "w", format="mp3") as container:
            container.metadata.update({"title": title} if title else {})
            stream = container.add_stream("libmp3lame", rate=plan.rate)
            assert isinstance(stream, AudioStream)
            stream.codec_context.layout = plan.layout
            stream.codec_context.format = "fltp"
            stream.codec_context.bit_rate = _BIT_RATES[plan.channels]
            for block in film_sound(plan, ctx.check, facts):
                frame = av.AudioFrame.from_ndarray(block, "fltp", plan.layout)
                frame.sample_rate, frame.time_base = plan.rate, Fraction(1, plan.rate)
                frame.pts = done
                done += block.shape[1]
                container.mux(stream.encode(frame))
                ctx.progress("sound", done / plan.samples)
            container.mux(stream.encode(None))
        sync(output)
    except (FFmpegError, OSError) as error:
        raise FaultError(explain(error, "write the sound")) from error
    for source in sources:
        require_unchanged(source)
    ctx.progress("sound", 1.0)
    return {
        "duration": float(plan.duration),
        "size": output.stat().st_size,
        "audio_codec": "mp3",
        "sample_rate": plan.rate,
        "channels": plan.channels,
        "sound": "encoded",
        "damaged_sound": facts.damaged,
        "missing_sound": float(facts.missing),
        "notes": facts.notes,
    }
