"""The film's sound track: pieces found or encoded, here or by a crew, in the order of the film."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from av.audio.stream import AudioStream
from av.packet import Packet

from backend.core.artifact import ArtifactKind
from backend.core.context import Context
from backend.core.media import Source
from backend.media.aac import EncodedPiece, encode_piece, open_piece, track_packets
from backend.media.crew import Crew, Task, helpers
from backend.media.pieces import Piece, piece_keys, pieces
from backend.media.plan import SoundPlan
from backend.media.samples import SoundFacts

_LISTEN = 0.05
"""Seconds between looks at whether the work was asked to stop."""
_HEED = 256
"""Packets between looks at what the crew has finished."""


class SoundTrack:
    """Makes the packets of a plan's sound. Owns the processes that help; use `packets` once."""

    def __init__(
        self,
        plan: SoundPlan,
        sources: Sequence[Source],
        ctx: Context,
        heard: Callable[[float], None],
    ) -> None:
        """`heard` is told what share of the sound has been encoded."""
        self._plan = plan
        self._ctx = ctx
        self._tell = heard
        self.facts = SoundFacts()
        self._pieces = pieces(plan)
        self._keys = piece_keys(plan, self._pieces, {source.path: source for source in sources})
        self._files: list[Path | None] = [None] * len(self._pieces)
        self._all = sum(map(self._length, self._pieces))
        self._done = 0
        """Samples of pieces that were found, or encoded here."""

    def packets(self, stream: AudioStream, stack: ExitStack) -> Iterator[Packet[AudioStream]]:
        """The packets of the whole track, in order, for `stream`. `stack` ends the crew."""
        for i, key in enumerate(self._keys):
            self._ctx.check()
            self._files[i] = _whole(self._ctx.find(key))
        tasks = [
            Task(i, piece, self._ctx.part(self._keys[i], ".aac"))
            for i, piece in enumerate(self._pieces)
            if self._files[i] is None
        ]
        left = sum(self._length(task.piece) for task in tasks)
        self._done = self._all - left
        crew = stack.enter_context(Crew(self._plan, tasks, helpers(left / self._plan.rate)))
        return self._ordered(stream, crew)

    def _length(self, piece: Piece) -> int:
        return piece.stop(self._plan) - piece.start

    def _ordered(self, stream: AudioStream, crew: Crew) -> Iterator[Packet[AudioStream]]:
        for i, piece in enumerate(self._pieces):
            encoded = self._encoded(i, crew)
            self._note(encoded.facts)
            for n, packet in enumerate(track_packets(self._plan, piece, encoded, stream)):
                if n % _HEED == 0:
                    self._gather(crew, 0.0)
                yield packet

    def _encoded(self, i: int, crew: Crew) -> EncodedPiece:
        while (path := self._files[i]) is None:
            self._ctx.check()
            self._gather(crew, 0.0)
            if self._files[i] is not None:
                continue
            if (task := crew.take()) is not None:
                self._encode(task, crew)
            else:
                self._gather(crew, _LISTEN)
        return open_piece(path)

    def _encode(self, task: Task, crew: Crew) -> None:
        """Be one of the hands."""
        before = self._done

        def heard(samples: int) -> None:
            self._done = before + samples
            self._gather(crew, 0.0)

        encode_piece(self._plan, task.piece, task.part, self._ctx.check, heard)
        self._done = before + self._length(task.piece)
        self._keep(task)

    def _gather(self, crew: Crew, seconds: float) -> None:
        for task in crew.collect(seconds):
            self._keep(task)
        self._tell((self._done + crew.heard) / self._all)

    def _keep(self, task: Task) -> None:
        key = self._keys[task.number]
        self._files[task.number] = self._ctx.keep(ArtifactKind.SOUND, key, task.part)
        self._ctx.reach("sound-written")

    def _note(self, facts: SoundFacts) -> None:
        self.facts.damaged += facts.damaged
        self.facts.missing += facts.missing
        self.facts.joined += facts.joined
        self.facts.notes += facts.notes


def _whole(path: Path | None) -> Path | None:
    """A piece that was found, unless its file is damaged."""
    if path is not None:
        try:
            open_piece(path)
        except ValueError:
            return None
    return path
