"""A film whose pictures come from two encoders plays in a browser, and seeks across the joins."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from backend.core.edits import keep
from backend.core.time import TimeRange
from backend.media.merge import merge
from tests.media.studio import (
    BITS,
    BLOCK,
    Audio,
    Ctx,
    Video,
    beeps,
    pictures_of,
    record,
    steady,
    take,
)

PLAYER = "http://film.test/"
READ = f"""async (time) => {{
    const v = document.querySelector('video');
    if (v.readyState < 2)
        await new Promise((done, fail) => {{ v.onloadeddata = done; v.onerror = fail; }});
    await new Promise((done) => {{ v.onseeked = done; v.currentTime = time; }});
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [v.videoWidth, v.videoHeight];
    const drawing = canvas.getContext('2d');
    drawing.drawImage(v, 0, 0);
    let code = 0;
    for (let bit = 0; bit < {BITS}; bit++) {{
        const x = {BLOCK} * (bit + 1) + {BLOCK} / 2, y = {BLOCK} * 3 / 2;
        if (drawing.getImageData(x, y, 1, 1).data[1] > 128) code |= 1 << bit;
    }}
    let number = 0;
    for (; code; code >>= 1) number ^= code;
    return number;
}}"""


@pytest.mark.parametrize("name", ["v.mp4", "v.ts"])
def test_every_picture_of_a_cut_is_found_by_seeking(
    browser: Browser, tmp_path: Path, name: str
) -> None:
    path = record(
        tmp_path / name,
        Video(steady(6), options={"preset": "fast", "g": "30", "bf": "3"}),
        Audio(beeps(6, [1, 3])),
    )
    session = take(path)
    wanted = [(Fraction(1, 2), Fraction(19, 10)), (Fraction(33, 10), Fraction(51, 10))]
    timeline = keep(session.timeline, [TimeRange(a, b) for a, b in wanted]).timeline
    (tmp_path / "artifacts").mkdir()
    film = tmp_path / "film.mp4"
    facts = merge(timeline, session.infos, session.sources, film, Ctx(tmp_path / "artifacts"))
    assert facts["picture"] == "joined"
    shown = pictures_of(film)
    body = film.read_bytes()

    def serve(route: Route) -> None:
        if route.request.url == PLAYER:
            route.fulfill(content_type="text/html", body="<video src=film.mp4 preload=auto muted>")
            return
        asked = re.match(r"bytes=(\d+)-(\d*)", route.request.headers.get("range", ""))
        start, end = (
            (int(asked[1]), int(asked[2] or len(body) - 1)) if asked else (0, len(body) - 1)
        )
        route.fulfill(
            status=206,
            headers={
                "Content-Type": "video/mp4",
                "Accept-Ranges": "bytes",
                "Content-Range": f"bytes {start}-{end}/{len(body)}",
            },
            body=body[start : end + 1],
        )

    page = browser.new_page()
    try:
        page.route(f"{PLAYER}**", serve)
        page.goto(PLAYER)
        # Backwards and forwards over all joins: 0.5 | copy | tail || head | copy | tail.
        places = [*range(0, len(shown), 7), *range(len(shown) - 1, 0, -5)]
        middles = [
            (shown[i][0] + (shown[i + 1][0] if i + 1 < len(shown) else facts["duration"])) / 2
            for i in places
        ]
        found = [page.evaluate(READ, float(time)) for time in middles]
        assert found == [shown[i][1] for i in places]
        page.evaluate(
            "() => { const v = document.querySelector('video'); v.currentTime = 0;"
            " v.playbackRate = 2; return v.play(); }"
        )
        page.wait_for_function("document.querySelector('video').ended")
        assert page.evaluate("document.querySelector('video').error") is None
        assert page.evaluate(
            "document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames"
        ) > len(shown)
    finally:
        page.close()
