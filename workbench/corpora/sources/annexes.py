"""Annexes and titles in the lines of a law's file."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, takewhile

HEADING = re.compile(r"\s*(#+)\s*(.*)")
Place = tuple[int, int]  # line and character, both from 0

_TITLE = 3  # lines of one
_LONGEST = 100  # characters of such a line

_MARKUP = r"[\s*_`>#【】\[\]（）()]*"
_COUNTED = r"(?:[一二三四五六七八九十]+|[0-9０-９]+|[A-Z])?"
_ANNEX = re.compile(
    rf"{_MARKUP}附\s*(?:[件表录图页]\s*{_COUNTED}|(?=[:：])){_MARKUP}[:：.．、]?(?P<title>.*)"
)
_WITHIN = re.compile(rf"(?<=[。；])\s+附\s*(?:[件表录图]\s*{_COUNTED}(?:\s|[:：])|[:：])")
_SENTENCE = re.compile(r"[。；，;,]\W*$")
_NO_TITLE = re.compile(r"\W*(?:略\W*|\d{4}\s*年.*|[（(].*)?")  # but a date, a remark or nothing


def annexes_of(lines: Sequence[str]) -> list[Place]:
    """Where an annex may begin (附件一, 附表：…): in a line of its own, or after a sentence."""
    return [place for at, line in enumerate(lines) if "附" in line for place in _annexes(line, at)]


def _annexes(line: str, at: int) -> Iterator[Place]:
    if len(line) <= _LONGEST and _ANNEX.match(line) and not _SENTENCE.search(line):
        yield at, 0
    elif match := _WITHIN.search(line):
        yield at, match.start()


def label(lines: Sequence[str], place: Place, end: int) -> str:
    """What the annex from `place` to line `end` is called, and how long it is."""
    at, start = place
    name = " ".join(lines[at][start:].strip("#*>_：:【】[] \t").split())[:40]
    count = sum(1 for line in lines[at : max(end, at + 1)] if line.strip())
    return f"{name} ({count:,} line{'s' * (count != 1)})"


def annex_title(lines: Sequence[str], place: Place, end: int) -> str:
    """The title of the annex at `place` whose articles begin in line `end`: behind 附件, else below; empty where it has none."""
    at, start = place
    match = _ANNEX.match(lines[at], start)
    if match and is_title(match["title"]):
        return joined([match["title"]])
    below = filter(str.strip, (lines[number] for number in range(at + 1, end)))
    return joined(_until_heading(takewhile(is_title, islice(below, _TITLE))))


def _until_heading(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if HEADING.match(line):
            return


def is_title(line: str) -> bool:
    """Whether a line can be a title: no sentence, date or remark."""
    return len(line) <= _LONGEST and not _SENTENCE.search(line) and not _NO_TITLE.fullmatch(line)


def joined(lines: Iterable[str]) -> str:
    """A title of several lines as one."""
    return "".join(" ".join(line.strip("#*>_【】[]《》 \t\u3000").split()) for line in lines)
