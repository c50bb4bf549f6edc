"""A canvas as one HTML file: no script, nothing from elsewhere, its pictures inside.

What was said is text and nothing else: all of it is escaped, and the file's own policy forbids
whatever is neither its style nor a picture of its own.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from html import escape

from backend.core.canvas import TURNING, Canvas, Shot, is_speech
from backend.core.chapter import Chapter, clock_title
from backend.core.summary import EXTRACTIVE

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

_COLOURS = """
:root{color-scheme:light;--wall:#f3f3f3;--sunk:#e8e8e8;--surface:#fff;--line:#dcdcdc;--ink:#171717;
--ink-2:#474747;--ink-3:#5f5f5f;--wave:#b4b4b4;--speech:#3d3d3d;--accent:#bb6e04}
@media (prefers-color-scheme:dark){:root{color-scheme:dark;--wall:#141414;--sunk:#0c0c0c;
--surface:#1b1b1b;--line:#2d2d2d;--ink:#ededed;--ink-2:#b8b8b8;--ink-3:#9c9c9c;--wave:#4c4c4c;
--speech:#c4c4c4;--accent:#f0a13a}}
@media print{:root{color-scheme:light;--wall:#fff;--sunk:#eee;--surface:#fff;--line:#ccc;--ink:#000;
--ink-2:#333;--ink-3:#555;--wave:#bbb;--speech:#333;--accent:#bb6e04}}
"""

_LOOK = """
*{box-sizing:border-box;margin:0;padding:0}
body{background:var(--wall);color:var(--ink);font:15px/24px Inter,"Segoe UI Variable Text",
"Segoe UI",Roboto,-apple-system,Cantarell,"Noto Sans","Liberation Sans",system-ui,sans-serif;
overflow-wrap:anywhere;-webkit-text-size-adjust:100%}
main{max-width:1120px;margin:32px auto;padding:40px 48px 32px;background:var(--surface);
border:1px solid var(--line);border-radius:10px}
h1{font-size:32px;line-height:40px;font-weight:600;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:13px;line-height:20px;font-weight:600;color:var(--ink-3);margin-bottom:12px}
h3{font-size:15px;line-height:20px;font-weight:600;text-wrap:pretty}
a{color:inherit;text-decoration:none}
a:hover{text-decoration:underline}
a:focus-visible{outline:2px solid var(--ink);outline-offset:2px;border-radius:4px}
ol,ul{list-style:none}
img,svg{display:block}
.when{font-size:13px;line-height:20px;color:var(--ink-3)}
.about{font-size:18px;line-height:28px;color:var(--ink-2)}
.figures{display:flex;flex-wrap:wrap;gap:8px 36px;margin-top:20px}
.figures dd{font-size:20px;line-height:28px;font-weight:600;font-variant-numeric:tabular-nums}
.figures dt{font-size:12px;line-height:16px;color:var(--ink-3)}
.figures div{display:flex;flex-direction:column-reverse}
.line{margin-top:28px}
.wave{width:100%;height:88px}
.wave path{fill:none;stroke:var(--wave);stroke-width:.7}
.wave .speech{stroke:var(--speech)}
.parts{display:flex;gap:2px;margin-top:4px}
.parts li{flex:1 1 0;min-width:2px;overflow:hidden}
.parts a{display:block;padding:3px 6px 3px 0;border-top:3px solid var(--speech);font-size:12px;
line-height:18px;color:var(--ink-2);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.parts b{font-weight:600;color:var(--ink);margin-right:5px}
.ends{display:flex;justify-content:space-between}
.ends,.time{font-size:12px;line-height:16px;color:var(--ink-3);font-variant-numeric:tabular-nums}
.key{display:flex;gap:16px}
.key i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px;
background:var(--wave)}
.key .s{background:var(--speech)}
.abstract{margin-top:24px;font-size:17px;line-height:28px;max-width:72ch;text-wrap:pretty}
section{margin-top:32px}
.cards{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:24px 20px}
.in2{grid-template-columns:repeat(2,minmax(0,1fr))}
.in4{grid-template-columns:repeat(4,minmax(0,1fr))}
.shot{position:relative;aspect-ratio:16/9;background:var(--sunk);border-radius:4px;overflow:hidden}
.shot::after{content:"";position:absolute;inset:0;border:1px solid rgb(128 128 128/.28);
border-radius:4px}
.shot img{width:100%;height:100%;object-fit:contain}
.shot span{position:absolute;right:6px;bottom:6px;padding:1px 6px;border-radius:4px;color:#fff;
background:rgb(0 0 0/.62);font-size:11px;line-height:16px;font-variant-numeric:tabular-nums}
.more{display:grid;grid-template-columns:1fr 1fr;gap:6px;margin-top:6px}
.card .time{display:block;margin-top:8px}
.columns{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 48px}
.list li{display:grid;grid-template-columns:56px minmax(0,1fr);padding:7px 0;
border-top:1px solid var(--line)}
.list .time{line-height:24px}
.beside{display:block;font-size:13px;line-height:20px;color:var(--ink-3)}
.quotes li{padding:10px 0 10px 16px;border-left:3px solid var(--line);margin-bottom:12px}
.quotes blockquote{font-size:16px;line-height:26px;text-wrap:pretty}
footer{margin-top:36px;padding-top:16px;border-top:1px solid var(--line);font-size:12px;
line-height:18px;color:var(--ink-3)}
:target{outline:2px solid var(--accent);outline-offset:6px;border-radius:4px}
@media screen and (max-width:760px){main{margin:0;padding:24px 16px;border:0;border-radius:0}
h1{font-size:26px;line-height:32px}.cards.cards{grid-template-columns:1fr 1fr;gap:20px 12px}
.columns{grid-template-columns:1fr}.figures{gap:8px 24px}.wave{height:64px}
.wave path{stroke-width:1}}
@media screen and (max-width:480px){.cards.cards{grid-template-columns:1fr}}
@page{margin:14mm}
@media print{*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;margin:0;padding:0;border:0}body{font-size:12px;line-height:18px}
.cards{gap:14px 12px}
.columns{grid-template-columns:repeat(2,minmax(0,1fr))}
.abstract{font-size:13px;line-height:20px}h1{font-size:26px;line-height:32px}
h3{font-size:12px;line-height:16px}.about{font-size:14px;line-height:20px}
.figures dd{font-size:15px;line-height:20px}.quotes blockquote{font-size:12px;line-height:18px}
.quotes li{padding:4px 0 4px 12px}.list .time{line-height:18px}.wave{height:64px}
.beside{font-size:11px;line-height:16px}
.card,.list li,.quotes li,.line{break-inside:avoid}h2{break-after:avoid}section{margin-top:20px}}
"""


def page(canvas: Canvas, pictures: Mapping[str, bytes]) -> str:
    """The whole file. `pictures` are JPEGs by the keys of the shots; one that is missing is left
    out."""
    shots = tuple(shot for shot in canvas.shots if shot.key in pictures)
    title = _text(canvas.title or "Untitled")
    body = [
        f"<header>{_when(canvas)}<h1 dir=auto>{title}</h1>",
        f"<p class=about dir=auto>{_text(canvas.about)}</p>" if canvas.about else "",
        _figures(canvas),
        "</header>",
        _line(canvas),
        f"<p class=abstract dir=auto>{_text(canvas.abstract)}</p>" if canvas.abstract else "",
        _cards(canvas, shots, pictures),
        _columns(canvas),
        _foot(canvas),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>{title}</title>\n<style>{_COLOURS}{_LOOK}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def day(recorded: str | None) -> str:
    """`Tuesday, 3 May 2026`; empty where it is not known."""
    try:
        moment = datetime.fromisoformat(recorded or "").astimezone()
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{moment:%A}, {moment.day} {moment:%B %Y}"


def numbers(canvas: Canvas) -> list[tuple[str, str]]:
    """What there is to count: names and figures, as they are read."""
    found = [("Length", clock_title(canvas.duration))]
    if len(canvas.chapters) > 1:
        found.append(("Chapters", str(len(canvas.chapters))))
    figures = canvas.figures
    if figures is None:
        return found
    share = figures.speaking / canvas.duration if canvas.duration else Fraction(0)
    found.append(("Words", f"{figures.words:,}"))
    found.append(
        ("Speaking", f"{clock_title(figures.speaking)} ({min(100, round(share * 100))} %)")
    )
    found.append(("Pauses", str(figures.pauses)))
    if figures.pauses:
        found.append(("Longest pause", clock_title(figures.longest_pause)))
    if figures.speakers is not None:
        found.append(("Speakers", str(figures.speakers)))
    return found


def abreast(cards: int) -> int:
    """How many cards stand in a row, so that the last one is as full as can be."""
    return 2 if cards == 2 else 4 if cards in (4, 7, 8) else 3


def beside(said: Iterable[str | None]) -> str:
    """What stands beside an action: who and when."""
    return " · ".join(" ".join(one.split()) for one in said if one)


def maker(canvas: Canvas) -> str:
    """Who put it into words."""
    if canvas.by is None:
        return "Made with Rushes."
    if canvas.by == EXTRACTIVE:
        return "Made with Rushes, of sentences that were said."
    return f"Made with Rushes. Summed up by {canvas.by}: check it against what was said."


def _when(canvas: Canvas) -> str:
    said = day(canvas.recorded)
    return f"<p class=when>{_text(said)}</p>" if said else ""


def _figures(canvas: Canvas) -> str:
    rows = "".join(
        f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>"
        for name, value in numbers(canvas)
    )
    return f"<dl class=figures>{rows}</dl>"


def _line(canvas: Canvas) -> str:
    parts = ""
    if len(canvas.chapters) > 1:
        parts = "".join(
            f'<li style="flex-grow:{float(one.end - one.start):.3f}"><a href="#c{n}"'
            f' title="{_text(one.title)}" dir=auto><b>{n}</b>{_text(one.title)}</a></li>'
            for n, one in enumerate(canvas.chapters, 1)
        )
        parts = f"<ol class=parts>{parts}</ol>"
    key = ""
    if canvas.wave and canvas.speech:
        key = "<span><i class=s></i>speech</span><span><i></i>other sound</span>"
        key = f"<span class=key>{key}</span>"
    ends = f"<p class=ends><span>0:00</span>{key}<span>{clock_title(canvas.duration)}</span></p>"
    return f"<div class=line>{_wave(canvas)}{parts}{ends}</div>" if canvas.wave or parts else ""


def _wave(canvas: Canvas) -> str:
    if not canvas.wave:
        return ""
    bars: dict[bool, list[str]] = {False: [], True: []}
    for n, height in enumerate(canvas.wave):
        half = max(1, height) / 2
        bars[is_speech(canvas, n)].append(f"M{n}.5 {50 - half:g}V{50 + half:g}")
    label = "Loudness from the beginning to the end; speech is dark."
    return (
        f'<svg class=wave viewBox="0 0 {len(canvas.wave)} 100" preserveAspectRatio="none" role=img'
        f' aria-label="{label}"><path d="{"".join(bars[False])}"/>'
        f'<path class=speech d="{"".join(bars[True])}"/></svg>'
    )


def _cards(canvas: Canvas, shots: Sequence[Shot], pictures: Mapping[str, bytes]) -> str:
    if len(canvas.chapters) > 1:
        cards = "".join(
            _card(n, one, [shot for shot in shots if one.start <= shot.at < one.end], pictures)
            for n, one in enumerate(canvas.chapters, 1)
        )
        heading, count = "Chapters", len(canvas.chapters)
    elif shots:
        cards = "".join(f"<li class=card>{_shot(shot, pictures, '')}</li>" for shot in shots)
        heading, count = "Pictures", len(shots)
    else:
        return ""
    row = f"in{abreast(count)}"
    return f"<section><h2>{heading}</h2><ol class='cards {row}'>{cards}</ol></section>"


def _card(n: int, chapter: Chapter, shots: Sequence[Shot], pictures: Mapping[str, bytes]) -> str:
    shown = "".join(_shot(shot, pictures, chapter.title) for shot in shots[:1])
    more = "".join(_shot(shot, pictures, chapter.title) for shot in shots[1:3])
    if more:
        shown += f"<div class=more>{more}</div>"
    span = f"{clock_title(chapter.start)} – {clock_title(chapter.end)}"
    return (
        f'<li class=card id="c{n}">{shown}<span class=time>{n} · {span}</span>'
        f"<h3 dir=auto>{_text(chapter.title)}</h3></li>"
    )


def _shot(shot: Shot, pictures: Mapping[str, bytes], title: str) -> str:
    at = clock_title(shot.at)
    alt = f"The picture at {at}" + (f", in “{title}”" if title else "")
    data = b64encode(pictures[shot.key]).decode("ascii")
    return (
        f'<div class=shot><img src="data:image/jpeg;base64,{data}" width={shot.width}'
        f' height={shot.height} alt="{_text(alt)}"><span>{at}</span></div>'
    )


def _columns(canvas: Canvas) -> str:
    points = _listed(
        "Key points",
        [(one.at, one.text, "") for one in canvas.points],
        canvas,
    )
    actions = _listed(
        "To do",
        [(one.at, one.text, beside((one.who, one.when))) for one in canvas.actions],
        canvas,
    )
    said = "".join(
        f"<li><blockquote dir=auto>“{_text(one.text)}”</blockquote>"
        f"<span class=beside>{_time(one.at, canvas)}"
        f"{f' · {_text(one.who)}' if one.who else ''}</span></li>"
        for one in canvas.quotes
    )
    quotes = (
        f"<section><h2>In their words</h2><ul class=quotes>{said}</ul></section>" if said else ""
    )
    if not (points or actions or quotes):
        return ""
    return f"<div class=columns><div>{points}</div><div>{actions}{quotes}</div></div>"


def _listed(heading: str, rows: Sequence[tuple[Fraction, str, str]], canvas: Canvas) -> str:
    if not rows:
        return ""
    items = "".join(
        f"<li>{_time(at, canvas)}<span dir=auto>{_text(text)}"
        f"{f'<span class=beside>{_text(more)}</span>' if more else ''}</span></li>"
        for at, text, more in rows
    )
    return f"<section><h2>{heading}</h2><ul class=list>{items}</ul></section>"


def _time(at: Fraction, canvas: Canvas) -> str:
    """A moment, and the way to its chapter on the page."""
    for n, one in enumerate(canvas.chapters, 1):
        if len(canvas.chapters) > 1 and one.start <= at < one.end:
            return f'<a class=time href="#c{n}">{clock_title(at)}</a>'
    return f"<span class=time>{clock_title(at)}</span>"


def _foot(canvas: Canvas) -> str:
    notes = "".join(f"<p dir=auto>{_text(note)}</p>" for note in canvas.notes)
    return f"<footer>{notes}<p>{_text(maker(canvas))}</p></footer>"


def _text(text: str) -> str:
    """Text that is nothing else, within an element or between quotes; signs that would turn the
    order of what follows them are left out."""
    return escape(text.translate(TURNING))
