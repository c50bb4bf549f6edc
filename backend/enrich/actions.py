"""What somebody is to do, out of how people say so: who and when, in their own words.

English, and the basics of German, French and Spanish.
"""

from __future__ import annotations

import re

from backend.core.summary import Action
from backend.core.transcript import Transcript, Utterance

_DO = (
    r"add|arrange|ask|book|bring|build|buy|call|change|check|clean|close|collect|contact|copy|create"
    r"|delete|deliver|deploy|draft|email|e-mail|file|find out|finish|fix|follow up|forward|get back"
    r"|hand|hire|install|invite|look into|mail|make|merge|move|order|organi[sz]e|pay|plan|post"
    r"|prepare|publish|reach out|read|release|remove|repair|report|review|rewrite|schedule|send"
    r"|set up|share|ship|sign|speak|submit|talk to|test|update|upload|visit|wait for|write"
)
"""Verbs of what can be done and then is."""
_TUN = (
    r"schick\w*|schreib\w*|send\w*|prüf\w*|ruf\w*|bestell\w*|mach\w*|erledig\w*|kümmer\w*|bereit\w*"
    r"|organisier\w*|klär\w*|teste?\w*|vorbereiten|anrufen|melden|liefern|besorgen|buchen|planen"
    r"|envoy\w*|écri\w*|prépar\w*|vérifi\w*|appel\w*|réserv\w*|organis\w*"
    r"|envi\w*|escrib\w*|prepar\w*|revis\w*|llam\w*|reserv\w*|organi[zc]\w*"
)

_DAY = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|tonight|today|noon|midnight"
    r"|(?:this|next) (?:week|month|quarter|year|morning|afternoon|evening|spring|summer|autumn|fall"
    r"|winter|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
    r"|(?:the )?end of (?:the |this |next )?(?:day|week|month|quarter|year)"
    r"|(?:the )?\d{1,2}(?:st|nd|rd|th)(?: of \w+)?"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r"(?: \d{1,2}(?:st|nd|rd|th)?)?|\d{1,2}(?::\d\d)? ?(?:am|pm|o'clock)"
)
_WHEN = re.compile(
    rf"\b(?:(?:by|until|till|before|on|at|no later than) (?:{_DAY})"
    r"|tomorrow(?: morning| afternoon)?"
    r"|today|tonight|next (?:week|month|quarter|year|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
    r"|(?:in|within) (?:\d+|a|one|two|three|four|five|six|ten) (?:minute|hour|day|week|month)s?"
    r"|this (?:week|month|afternoon|evening)|(?:by )?(?:the )?end of (?:the |this |next )?"
    r"(?:day|week|month|quarter|year)|as soon as possible|right away"
    r"|(?:bis |am |nächsten |kommenden )+(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag"
    r"|sonntag|morgen|mittag|ende der woche|ende des monats)|morgen|nächste woche|nächsten monat"
    r"|(?:d'ici |avant |jusqu'à |pour )?(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|demain|la semaine prochaine|la fin (?:de la semaine|du mois))"
    r"|(?:para |antes del? |hasta )?(?:el )?(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo"
    r"|la próxima semana|fin de mes)|mañana)\b",
    re.IGNORECASE,
)

_NAMED = re.compile(
    r"\b(?P<who>[A-ZÀ-Þ][\w’'-]+)(?:,? (?:will|is going to|has to|needs to|should|must)|'ll"
    rf"|,? (?:can|could) you(?: please)?)\b(?: please)? (?P<do>{_DO})\b"
)
_MINE = re.compile(
    rf"\b(?P<who>I|we)(?:'ll| will|'m going to|'re going to| am going to| are going to| have to"
    rf"| need to| must| should|'ve got to| gotta)\b(?: \w+ly| also| then| just)? (?P<do>{_DO})\b",
    re.IGNORECASE,
)
_YOURS = re.compile(
    rf"\b(?:(?P<who>you) (?:need to|have to|must|should|will)|can (?:you|somebody|someone)"
    rf"|could (?:you|somebody|someone)|please)(?: please| also| then)? (?P<do>{_DO})\b",
    re.IGNORECASE,
)
_SAID_SO = re.compile(
    r"\b(?:action items?|to-?do|next steps?)\b"
    r"|\b(?:don'?t forget to|remember to|make sure (?:to|that|you))\b"
    r"|\b(?:let'?s) (?:schedule|set up|follow up|plan|meet|book|send|ask|write)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    rf"\b(?P<who>ich|wir|du|ihr|[A-ZÄÖÜ]\w+) (?:werde|werden|wird|muss|müssen|soll|sollen|sollte"
    rf"|sollten|musst|müsst)\b.*\b(?:{_TUN})\b"
    rf"|\b(?:bitte|vergiss nicht|vergesst nicht)\b.*\b(?:{_TUN})\b"
    rf"|\b(?P<qui>je|nous|on|tu|vous|il|elle|[A-ZÀ-Þ]\w+) (?:vais|allons|va|vas|allez|dois|devons"
    rf"|doit|devez) (?:\w+ )?(?:{_TUN})\b"
    rf"|\b(?:il faut|n'oubliez? pas|s'il (?:te|vous) plaît)\b.*\b(?:{_TUN})\b"
    rf"|\b(?P<quien>yo|nosotros|[A-ZÁ-Ú]\w+)? ?(?:voy a|vamos a|va a|tenemos que|tengo que|hay que"
    rf"|debemos|debes|tienes que) (?:{_TUN})\b|\b(?:por favor|no olvid\w+)\b.*\b(?:{_TUN})\b",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"^(?:if|when|what|why|how|who|whether|suppose|would|do|does|did|should|shall|wenn|ob|si)\b"
    r"|\b(?:would have|should have|could have|used to)\b",
    re.IGNORECASE,
)
"""Beginnings of what is asked or supposed, not agreed on."""
_NOBODY = frozenset(
    {"this", "that", "it", "there", "what", "which", "who", "they", "das", "es", "on"}
)
_LONGEST = 300


def actions_of(transcript: Transcript) -> tuple[Action, ...]:
    """What was said that somebody is to do, in the order of time; each once."""
    found: dict[str, Action] = {}
    for one in transcript.utterances:
        action = _action(one, transcript.language)
        if action is not None:
            found.setdefault(action.text.casefold(), action)
    return tuple(found.values())


def when_of(text: str) -> str | None:
    """When, as it was said: “by Friday”."""
    found = _WHEN.search(text)
    return found.group() if found else None


def _action(one: Utterance, language: str | None) -> Action | None:
    text = one.text.strip()
    if not text or len(text) > _LONGEST:
        return None
    if text.endswith("?") and not (_YOURS.search(text) or _NAMED.search(text)):
        return None
    who: str | None = None
    named = _NAMED.search(text)
    if named is not None and named["who"].casefold() not in _NOBODY:
        who = named["who"]
    elif mine := _MINE.search(text):
        who = mine["who"]
    elif yours := _YOURS.search(text):
        who = yours["who"]
    elif other := (None if language == "en" else _ELSEWHERE.search(text)):
        who = other["who"] or other["qui"] or other["quien"]
    elif not _SAID_SO.search(text):
        return None
    if _UNSURE.search(text) and not _YOURS.search(text):
        return None
    return Action(text, who, when_of(text), one.start)
