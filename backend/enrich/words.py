"""Words of a text, and which of them stand for it.

Works for languages that put spaces between words, and knows the small words of English, German,
French and Spanish.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt

from backend.core.transcript import FILLERS

Vectors = npt.NDArray[np.float32]
"""Shape (texts, dimensions), each of length 1 or 0."""

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_LONGEST_PHRASE = 3
_DIMENSIONS = 1024

_SMALL = """
a aber about actually after again ahora ai ainsi al algo algunas algunos all alle allem allen
alles almost alors als also although always am an and ander andere anderen another ante antes any
anybody anything après are aren't as así at au auch aucun auf aujourd'hui aunque aus aussi autre
aux avant avec avez avoir avons away back basically be because been before bei beim being believe
better between bien big bin bis bisschen both bueno but by c'est cada call came can can't cannot
car ce ceci cela celle celui ces cet cette ceux chaque chez come comme comment como con contra
cosa cosas could couldn't course cual cuando d'accord d'un d'une da dabei dadurch dafür damit dann
dans daran darauf das dass davon dazu de dein del dem den denn der des desde deshalb deux devant
did didn't die dies diese diesem diesen dieser dieses different dit do doch does doesn't doing
don't donc donde done dort dos down dr du durch each ein eine einem einen einer eines einfach
einmal either el ella ellas elle elles ellos else en encore enough entonces entre er era eran erst
es esa ese eso est esta estaba estamos estar este esto estos está están et etwas eu euch euer eux
even ever every everybody everyone everything exactly faire fait far few first fois font for frau
from fue fueron für ganz gar gehen geht genau get gets getting gibt give go goes going gone gonna
good got gracias great gut guys ha habe haben hace hacer hacia had han has hasn't hasta hat hatte
hatten have haven't having hay he he's hello her here here's herr hers herself heute hier him
himself hin his how however i i'd i'll i'm i've ich if ihm ihn ihnen ihr ihre ihrem ihren il ils
im immer in ins into is isn't ist it it'll it's its itself j'ai ja je jede jeden jeder jedes jetzt
jusqu just kann keep kein keine keinen kind know können könnte l'on la las last le least les less
let let's leur leurs like little lo long look lors los lot luego lui là machen macht madam madame
made mais make makes mal man many may maybe me mean mehr mein meine mes mi mich mieux might mir
mis mit moi moins mon monsieur more most mr mrs ms much muss must muy my myself más même müssen
n'est nach nada ne need nein never new next ni nicht nichts no nobody noch nor nos nosotros not
nothing notre nous now nuestra nuestro nun nur o ob oder of off ohne ok okay on once one only ont
onto or os other otra otro ou oui our ourselves out over own où par para parce part pas perhaps
pero peu peut please plus poco por porque possible pour pourquoi pretty pues put qu'il qu'on quand
que quel quelle qui quien quite quoi qué rather really right sa said same sans saw say says schon
se sea see seem seen sehr sein seine seinen seiner seit ser ses several señor señora shall she
should shouldn't si sich sie sin since sind sino sir so sobre sodass sollen sollte solo some
somebody something son sondern sont sort sous still su such sur sure sus sí ta take talk también
te tell tengo tes than thank thanks that that'll that's the their them themselves then there
there's these they they're they've thing things think this those though thought three through
tiene tienen time times to toda todas today todo todos together toi told ton too took tous tout
toute toutes toward trop try très tu two tú um un una und under une uno unos uns unser unsere
unter until up upon us use used usted va vais vamos vers very viel vielleicht voilà vom von vor
vos votre vous want wanted war waren warum was wasn't way we we'd we'll we're we've weg weil
weiter welche well wenn went wer werde werden were weren't what what's when where whether which
while who whole whom whose why wie wieder will wir wird wirklich with within without wo wollen
won't would wouldn't wurde wurden würde ya yeah yes yet yo you you'd you'll you're you've your
yours yourself zu zum zur zwei zwischen él était être über
"""

SMALL_WORDS = frozenset(_SMALL.split())


def words_of(text: str) -> list[str]:
    """Words without case, in order."""
    return [found.group().casefold().replace("’", "'") for found in _WORD.finditer(text)]


def is_small(word: str) -> bool:
    """Whether a word, without case, says nothing about what a text is about."""
    return word in SMALL_WORDS or word in FILLERS or len(word) < 2 or word.isdecimal()


def content_of(text: str) -> list[str]:
    """Words that say what a text is about, in order."""
    return [word for word in words_of(text) if not is_small(word)]


def bags(texts: Sequence[str]) -> Vectors:
    """Texts by the words they share: hashed into a thousand dimensions (Weinberger et al., 2009),
    rare words weighing more than those of every text."""
    worded = [Counter(content_of(text)) for text in texts]
    spread = Counter(word for counts in worded for word in counts)
    found = np.zeros((len(texts), _DIMENSIONS), np.float32)
    for row, counts in zip(found, worded, strict=True):
        for word, count in counts.items():
            hashed = zlib.crc32(_stem(word).encode())
            sign = 1 if hashed & 1 else -1
            weight = (1 + log(count)) * log(1 + len(texts) / spread[word])
            row[(hashed >> 1) % _DIMENSIONS] += sign * weight
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    made: Vectors = (found / np.maximum(lengths, 1e-9)).astype(np.float32)
    return made


def _stem(word: str) -> str:
    """Without what is most often an ending."""
    return word[: max(5, len(word) - 3)]


@dataclass(frozen=True, slots=True)
class Phrase:
    words: tuple[str, ...]
    weight: float
    text: str
    """As it was written most often."""


class Phrases:
    """Which phrases mark the parts of a text: those that are frequent in one and rare in others
    (class-based TF-IDF, Grootendorst, 2022), out of runs of words between small words and signs
    (RAKE, Rose et al., 2010)."""

    def __init__(self, parts: Sequence[Iterable[str]]) -> None:
        """`parts`: the sentences of each part."""
        self._written: dict[tuple[str, ...], Counter[str]] = {}
        self._parts = [Counter(self._note(part)) for part in parts]
        self._all: Counter[tuple[str, ...]] = sum(self._parts, Counter())
        counts = [sum(n for phrase, n in part.items() if len(phrase) == 1) for part in self._parts]
        self._sizes = counts
        self._mean = sum(counts) / max(1, len(counts))

    def _note(self, sentences: Iterable[str]) -> Iterator[tuple[str, ...]]:
        for sentence in sentences:
            for run in _runs(sentence):
                for size in range(1, _LONGEST_PHRASE + 1):
                    for at in range(len(run) - size + 1):
                        span = run[at : at + size]
                        phrase = tuple(word.casefold() for word in span)
                        self._written.setdefault(phrase, Counter())[" ".join(span)] += 1
                        yield phrase

    def of(self, part: int, count: int = 50) -> list[Phrase]:
        """The phrases that mark a part, the best first, at most `count`."""
        size = max(1, self._sizes[part])
        found = []
        for phrase, times in self._parts[part].items():
            rare = log(1 + self._mean / self._all[phrase])
            longer = 1 + 0.6 * (len(phrase) - 1) * (times > 1)
            weight = times / size * rare * longer
            if len(phrase) > 1 and times == 1:
                weight /= 2  # words that met by chance
            found.append(Phrase(phrase, weight, self._written[phrase].most_common(1)[0][0]))
        found.sort(key=lambda one: (-one.weight, one.words))
        return found[:count]


def _runs(sentence: str) -> Iterator[list[str]]:
    """Words, as written, that stand beside each other without a small word or a sign between."""
    run: list[str] = []
    end = 0
    for found in _WORD.finditer(sentence):
        word = found.group()
        if run and sentence[end : found.start()].strip():
            yield run
            run = []
        end = found.end()
        if is_small(word.casefold().replace("’", "'")):
            if run:
                yield run
            run = []
        else:
            run.append(word)
    if run:
        yield run


def apart(phrases: Iterable[Phrase], count: int) -> list[Phrase]:
    """The first `count` of them that share no word."""
    kept: list[Phrase] = []
    for phrase in phrases:
        stems = {_stem(word) for word in phrase.words}
        if len(kept) < count and not any(stems & {_stem(w) for w in one.words} for one in kept):
            kept.append(phrase)
    return kept
