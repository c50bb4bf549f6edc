"""What a film was found to hold: silence, loudness, changes of its picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from flask import Response
from pydantic import BaseModel, ValidationError

from backend.api.faults import ERRORS, Refused
from backend.api.routes import Routes
from backend.api.sessions import SessionPath, found_session
from backend.api.wire import reply, services
from backend.core.artifact import Artifact, ArtifactKind

Body = TypeVar("Body", bound=BaseModel)

api = Routes("analysis", __name__, url_prefix="/api/sessions", abp_responses=ERRORS)


class StretchBody(BaseModel):
    """Seconds of the film."""

    start: float
    end: float


class LoudnessBody(BaseModel):
    """By EBU R128; None where the sound is too short or too quiet to have one."""

    integrated: float | None
    """LUFS."""
    range: float | None
    """LU."""
    true_peak: float | None
    """dBTP."""


class SoundBody(BaseModel):
    silence: list[StretchBody]
    sound: list[StretchBody]
    """All that is not silence, whoever or whatever made it."""
    noise_floor: float | None
    """dBFS; None without any noise."""
    threshold: float
    """dBFS below which it counts as silence."""
    loudness: LoudnessBody
    clipped: list[StretchBody]
    """Where the sound hits full scale and is cut off."""


class SightBody(BaseModel):
    changes: list[float]
    """Seconds at which the picture changes as a whole."""
    black: list[StretchBody]
    frozen: list[StretchBody]
    """Where nothing moves for two seconds or longer."""


class AnalysisBody(BaseModel):
    sound: SoundBody | None
    """None while it is not known, and for a film without sound."""
    picture: SightBody | None
    """None while it is not known, and for a film without picture."""


@api.get("/<session>/analysis", responses={200: AnalysisBody})
def show_analysis(path: SessionPath) -> Response:
    """What the film holds, as far as it is known. 409 without a film, 404 before anything is."""
    session = found_session(path.session)
    if session.film is None:
        raise Refused(409, "There is no film yet.", "Wait until it is ready.")
    made = services().library.artifacts.of_session(session.id)
    sound = _read(made, ArtifactKind.HEARD, SoundBody)
    picture = _read(made, ArtifactKind.SEEN, SightBody)
    if sound is None and picture is None:
        raise Refused(404, "It is not known yet.", "It follows the film by itself.")
    return reply(AnalysisBody(sound=sound, picture=picture))


def _read(made: list[Artifact], kind: ArtifactKind, body: type[Body]) -> Body | None:
    """The newest findings of a kind; None where their file is gone or of another version."""
    for artifact in reversed(made):
        if artifact.kind is kind:
            try:
                return body.model_validate(json.loads(Path(artifact.path).read_bytes()))
            except (OSError, ValueError, ValidationError):
                return None
    return None
