"""Who speaks when, for a number of speakers that is given.

A d-vector says what 0.8 s of a voice sound like: a network of LSTMs, trained so that vectors of one
speaker lie close (Wan et al., Generalized end-to-end loss for speaker verification, 2018). Vectors
are grouped by Ward's linkage (Ward 1963, in the form of Lance and Williams), the groups settle as
k-means does it on a sphere, and the likeliest run of speakers through time is found as Viterbi
does it, where every change of speakers costs something.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.core.artifact import ArtifactKind, artifact_key
from backend.core.context import Context
from backend.core.speakers import Turn
from backend.core.stretches import Stretches
from backend.core.time import ZERO, TimeRange
from backend.enrich.models import Model, folder_of, loading
from backend.media.findings import write_findings
from backend.media.listen import RATE, Walk, listening

SPEAKERS_ENGINE = 1
"""Version of how voices are told apart; raise it when that changes."""
STAGE = "speakers"
SIZE = 256
"""Numbers of a vector."""

_FFT, _WINDOW, _HOP = 512, 400, 160
_MELS = 40
_FLOOR = 1e-6
_FRAMES = 80
"""Frames of 10 ms that the network hears at a time."""
_STEP = 40
"""Frames from one vector to the next."""
_HEARD = (_FRAMES - 1) * _HOP + _FFT
"""Samples of a vector."""
_BATCH = 64
"""Vectors that are made at a time."""
_LONGEST = Fraction(20)
"""Seconds of sound in memory."""
_PIECE = Fraction(300)
"""Seconds of voices after which what was heard is kept."""
_GROUPED = 1000
"""Vectors that are grouped; of more, so many from all over the recording stand for the rest."""
_CHANGE = 0.15
"""What a change of speakers costs, in cosines: less follows single odd vectors, more misses short
turns."""
_ROUNDS = 50

Vectors = npt.NDArray[np.float32]
"""Shape (count, 256), each of length 1."""
Sound = npt.NDArray[np.float32]
"""Shape (samples,), 16 kHz."""


def find_turns(
    path: Path,
    source: str,
    voiced: Stretches,
    count: int,
    model: Model,
    cache: Path,
    ctx: Context,
) -> tuple[Turn, ...]:
    """Who of `count` speakers speaks when, in order; nothing where no voice sounds.

    `source` is the key of what the file was made from, `voiced` where a voice sounds. Every five
    minutes of voices are kept as they are done. Raises FaultError where the file cannot be read or
    the model not be loaded.
    """
    spans, vectors = _voices(path, source, voiced, model, cache, ctx)
    if not spans:
        return ()
    ctx.check()
    return turns_of(spans, spoken_by(spans, vectors, count))


def turns_of(spans: Sequence[TimeRange], speakers: Sequence[int]) -> tuple[Turn, ...]:
    """Turns out of who speaks in each span; one begins half way between two of them."""
    order = {who: n for n, who in enumerate(dict.fromkeys(speakers))}
    found: list[Turn] = []
    for n, who in enumerate(speakers):
        if not found:
            found.append(Turn(ZERO, order[who]))
        elif found[-1].speaker != order[who]:
            found.append(Turn((spans[n - 1].end + spans[n].start) / 2, order[who]))
    return tuple(found)


def spoken_by(spans: Sequence[TimeRange], vectors: Vectors, count: int) -> list[int]:
    """The speaker of each vector, 0 up to `count` at most. `spans` are in order."""
    smooth = _smoothed(spans, vectors)
    few = smooth[np.linspace(0, len(smooth) - 1, min(len(smooth), _GROUPED)).astype(int)]
    middles = _settled(few, grouped(few, count))
    return _likeliest(vectors @ middles.T)


def grouped(vectors: Vectors, count: int) -> npt.NDArray[np.intp]:
    """The group of each vector, 0 up to `count`, or to as many as there are vectors."""
    apart = (2 - 2 * vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(apart, np.inf)
    sizes = np.ones(len(vectors))
    group = np.arange(len(vectors))
    for _ in range(len(vectors) - min(count, len(vectors))):
        a, b = divmod(int(np.argmin(apart)), len(vectors))
        both = sizes[a] + sizes[b]
        with np.errstate(invalid="ignore"):  # groups that are gone lie infinitely far
            far = (sizes[a] + sizes) * apart[a] + (sizes[b] + sizes) * apart[b]
            far = (far - sizes * apart[a, b]) / (both + sizes)
        far[~np.isfinite(apart[a]) | ~np.isfinite(apart[b])] = np.inf
        apart[a], apart[:, a] = far, far
        apart[b], apart[:, b] = np.inf, np.inf
        sizes[a] = both
        group[group == b] = a
    return np.unique(group, return_inverse=True)[1]


def _settled(vectors: Vectors, group: npt.NDArray[np.intp]) -> Vectors:
    """The middle of each group, once every vector is in the group whose middle is nearest."""
    middles = _middles(vectors, group)
    for _ in range(_ROUNDS):
        nearest = np.argmax(vectors @ middles.T, axis=1)
        if np.array_equal(nearest, group) or len(np.unique(nearest)) < len(middles):
            break
        group = nearest
        middles = _middles(vectors, group)
    return middles


def _middles(vectors: Vectors, group: npt.NDArray[np.intp]) -> Vectors:
    return _unit(np.stack([vectors[group == n].sum(axis=0) for n in range(group.max() + 1)]))


def _smoothed(spans: Sequence[TimeRange], vectors: Vectors) -> Vectors:
    """Each with those before and after it that overlap it in time: three of them hear 1.6 s."""
    near = np.array([b.start < a.end for a, b in pairwise(spans)], np.float32)
    sums = vectors.copy()
    sums[1:] += vectors[:-1] * near[:, None]
    sums[:-1] += vectors[1:] * near[:, None]
    return _unit(sums)


def _likeliest(alike: npt.NDArray[np.float32]) -> list[int]:
    """The run of speakers that agrees best with how alike each vector is to each of them.

    `alike`: shape (vectors, speakers), cosines.
    """
    best = alike[0].astype(np.float64)
    before: list[npt.NDArray[np.intp]] = []
    stay = np.arange(len(best))
    for row in alike[1:]:
        leader = int(np.argmax(best))
        came = np.where(best >= best[leader] - _CHANGE, stay, leader)
        best = np.maximum(best, best[leader] - _CHANGE) + row
        before.append(came)
    found = [int(np.argmax(best))]
    for came in reversed(before):
        found.append(int(came[found[-1]]))
    return found[::-1]


def _voices(
    path: Path, source: str, voiced: Stretches, model: Model, cache: Path, ctx: Context
) -> tuple[list[TimeRange], Vectors]:
    """What the voices sound like: spans of time, in order, and the vector of each."""
    spans: list[TimeRange] = []
    found: list[Vectors] = []
    pieces = list(_pieces(voiced))
    whole = float(sum((one.duration for one in voiced), ZERO))
    network: Network | None = None
    for piece in pieces:
        parameters = {
            "ranges": [[str(one.start), str(one.end)] for one in piece],
            "model": model.fingerprint,
        }
        key = artifact_key(ArtifactKind.VOICES, [source], parameters, SPEAKERS_ENGINE)
        kept = _kept(ctx.find(key))
        if kept is None:
            network = network or Network(model, folder_of(model, cache, ctx.check))
            kept = _heard(path, piece, network, ctx)
            part = ctx.part(key, ".json")
            write_findings(
                part,
                {
                    "spans": [[str(one.start), str(one.end)] for one in kept[0]],
                    "vectors": base64.b64encode(kept[1].astype("<f2").tobytes()).decode(),
                },
            )
            ctx.keep(ArtifactKind.VOICES, key, part)
        spans += kept[0]
        found.append(kept[1])
        done = sum((one.duration for one in voiced if one.start < piece[-1].end), ZERO)
        ctx.progress(STAGE, min(1.0, float(done) / max(whole, 1e-6)))
    ctx.progress(STAGE, 1.0)
    return spans, np.concatenate(found) if found else np.zeros((0, SIZE), np.float32)


def _kept(path: Path | None) -> tuple[list[TimeRange], Vectors] | None:
    """What was heard before; None where it was not, or where somebody damaged it."""
    if path is None:
        return None
    try:
        body = json.loads(path.read_bytes())
        spans = [TimeRange(Fraction(start), Fraction(end)) for start, end in body["spans"]]
        numbers = np.frombuffer(base64.b64decode(body["vectors"]), "<f2")
        vectors = numbers.astype(np.float32).reshape(len(spans), SIZE)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return spans, _unit(vectors)


def _pieces(voiced: Stretches) -> Iterator[list[TimeRange]]:
    """Some minutes of voices each, in stretches that are short enough to be held in memory."""
    piece: list[TimeRange] = []
    lasts = ZERO
    for one in voiced:
        parts = -(-one.duration // _LONGEST)
        for n in range(parts):
            length = one.duration / parts
            piece.append(TimeRange(one.start + n * length, one.start + (n + 1) * length))
            lasts += length
            if lasts >= _PIECE:
                yield piece
                piece, lasts = [], ZERO
    if piece:
        yield piece


def _heard(
    path: Path, piece: Sequence[TimeRange], network: Network, ctx: Context
) -> tuple[list[TimeRange], Vectors]:
    spans: list[TimeRange] = []
    found = [np.zeros((0, SIZE), np.float32)]
    least = Fraction(_HEARD + 1, RATE)
    with listening(path, ctx.check, max(ZERO, piece[0].start - 1)) as (_, blocks):
        walk = Walk(blocks)
        for one in piece:
            # A word that is shorter than what the network hears is heard with what is around it.
            more = max(ZERO, least - one.duration) / 2
            start = max(ZERO, one.start - more)
            sound = walk.take(TimeRange(start, start + max(least, one.duration)))
            first, bands = int(start * RATE), features(sound)
            starts = [*range(0, len(bands) - _FRAMES + 1, _STEP)]
            for at in starts:
                samples = first + at * _HOP
                spans.append(TimeRange(Fraction(samples, RATE), Fraction(samples + _HEARD, RATE)))
            for n in range(0, len(starts), _BATCH):
                ctx.check()
                batch = starts[n : n + _BATCH]
                found.append(network(np.stack([bands[at : at + _FRAMES] for at in batch])))
    return spans, np.concatenate(found)


class Network:
    """The model itself: frames in, vectors out."""

    def __init__(self, model: Model, folder: Path) -> None:
        """Raises FaultError (model) where its file cannot be loaded."""
        with loading(model):
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.enable_cpu_mem_arena = False
            options.log_severity_level = 4
            self._session: Any = onnxruntime.InferenceSession(
                str(folder / model.main), options, providers=["CPUExecutionProvider"]
            )

    def __call__(self, bands: npt.NDArray[np.float32]) -> Vectors:
        """Shape (count, 80 frames, 40 mels)."""
        (found,) = self._session.run(None, {"mel_window": bands})
        return _unit(np.asarray(found, np.float32))


def _unit(vectors: npt.NDArray[np.float32]) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return unit


def _mel_filters() -> npt.NDArray[np.float64]:
    """Triangles on Slaney's mel scale from 0 to 8 kHz, each of area 1 (Slaney, Auditory toolbox,
    1998): linear up to 1 kHz, logarithmic above. Shape (257, 40)."""
    linear, step = 200 / 3, np.log(6.4) / 27
    mels = np.linspace(0, 15 + np.log(RATE / 2 / 1000) / step, _MELS + 2)
    edges = np.where(mels < 15, mels * linear, 1000 * np.exp(step * (mels - 15)))
    bins = np.linspace(0, RATE / 2, _FFT // 2 + 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    triangles = np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)
    return np.asarray(triangles.T, np.float64)


_FILTERS = _mel_filters()
_TAPER = np.zeros(_FFT)
_TAPER[(_FFT - _WINDOW) // 2 : (_FFT + _WINDOW) // 2] = 0.54 - 0.46 * np.cos(
    2 * np.pi * np.arange(_WINDOW) / _WINDOW
)


def features(sound: Sound) -> npt.NDArray[np.float32]:
    """Logarithms of the energy in 40 bands, every 10 ms. Shape (frames, 40)."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FFT)[::_HOP]
    energy = np.abs(np.fft.rfft(frames * _TAPER, axis=1)) ** 2
    return np.log10(energy @ _FILTERS + _FLOOR).astype(np.float32)
