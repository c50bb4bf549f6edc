"""The application: every route, behind the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import ValidationError

from backend import __version__
from backend.api import (
    analysis,
    canvas,
    door,
    enriching,
    enrichment,
    events,
    faults,
    film,
    gate,
    jobs,
    library,
    models,
    outline,
    page,
    playback,
    queue,
    sample,
    search,
    segments,
    sessions,
    settings,
    shell,
    sound,
    transcript,
)
from backend.api.routes import document
from backend.api.wire import SERVICES
from backend.services import Services

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ROUTES = (
    sessions.api,
    analysis.api,
    enrichment.api,
    enriching.api,
    transcript.api,
    outline.api,
    canvas.api,
    search.api,
    film.api,
    sound.api,
    playback.api,
    segments.api,
    sample.api,
    jobs.api,
    queue.api,
    events.api,
    settings.api,
    models.api,
    library.api,
    door.api,
    shell.api,
)


def _refuse(error: ValidationError) -> object:
    raise faults.refused_fields(error)


def build_app(services: Services) -> OpenAPI:
    """The routes alone; `build` puts the gate in front of them."""
    app = OpenAPI(
        "rushes",
        info=Info(title="Rushes", version=__version__),
        doc_ui=False,
        security_schemes={"token": {"type": "http", "scheme": "bearer"}},
        validation_error_callback=_refuse,
        validation_error_model=faults.Problem,
        static_folder=None,
    )
    app.extensions[SERVICES] = services
    app.extensions[events.STREAMS] = events.Streams()
    app.extensions[door.KEYS] = door.DoorKeys()
    gate.install(app)
    faults.register(app)
    for routes in ROUTES:
        app.register_api(routes)
    app.register_blueprint(page.api)

    @app.get("/api/openapi.json", doc_ui=False)
    def show_document() -> Response:
        """This document."""
        return Response(faults.json_bytes(document(app, ROUTES)), content_type="application/json")

    return app


def build(app: OpenAPI, services: Services, port: int) -> WSGIApplication:
    """What a server on `port` is to serve."""
    data = services.settings.data
    return gate.Gate(
        app.wsgi_app,
        port,
        services.token,
        services.presence,
        app.extensions[door.KEYS],
        door.cookie_name(data),
        door.door_key(data),
    )
