"""Which of the places where an article may begin do: the numbering decides, and what it leaves open is said."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, pairwise
from typing import NamedTuple

from workbench.corpora.sources.annexes import HEADING, Place, annex_title, annexes_of, is_title, joined, label
from workbench.corpora.sources.article_marks import Grade, Mark, Number, cites, marks_of, name_of

Line = tuple[int, str]

_FIRST: Number = (1, 0)
_LISTED = 10  # missing numbers that are named one by one
_NEAR = 5  # as many numbers may be lost beside what looks like an annex, and the law goes on behind it
_AHEAD = 50  # marks that are looked at
_ABOVE = 3  # lines that are looked at
_TAIL = 100  # characters of such a line that may announce a quotation

_ANNOUNCES = re.compile(r"(?:改为|增加|补充|如下|作为).*[:：]\s*$")
_QUOTED = re.compile(r"\s*“\s*第[^条]{1,12}条")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said of line `line` (from 0); `lost`: whether a text there is not read."""

    line: int
    found: str
    kind: str
    lost: bool = False


@dataclass(slots=True)
class Series:
    """Articles numbered from one on: a law, a part of it (named by its heading), or an annex (a law of its own title).

    `annex`: where an annex begins; `seen`: number -> line; `last`, `highest`: the last of them, and the highest.
    """

    title: str = ""
    part: str = ""
    annex: Place | None = None
    seen: dict[Number, int] = field(default_factory=dict)
    last: Number = (0, 0)
    highest: Number = (0, 0)


class Cut(NamedTuple):
    """Where one text ends and another begins, which goes on from `end` in the same line; one without `name` is not read."""

    line: int
    start: int
    end: int
    series: Series
    name: str = ""


class Numbering:
    """The articles in `lines`, of which the first is line `begins` of its file.

    `cuts`: where they begin, in order; `findings`: what is to be said, in order; `law`: the first series, which is the law
    itself.
    """

    def __init__(self, lines: Sequence[str], begins: int = 1) -> None:
        self.lines = lines
        self.cuts: list[Cut] = []
        self.findings: list[Finding] = []
        self.law = self._series = Series()
        self._begins = begins
        self._marks = marks_of(lines)
        self._all = [self.law]
        self._quoted: Number | None = None  # the last of the quoted articles, while they go on
        self._read()

    def _read(self) -> None:
        annexes = annexes_of(self.lines)
        read = self._read_in_order()
        for at, mark in enumerate(self._marks[read:], read):
            while annexes and annexes[0] < (mark.line, mark.start):
                self._begin_annex(annexes.pop(0), at)
            self._take(at, mark)
        for place in annexes:
            if self.cuts and place > self.cuts[-1][:2]:
                self._begin_annex(place, len(self._marks))
        self._close(len(self.lines))
        for series in self._all:
            self.findings += _missing(series, whole=series is not self.law)
        self.findings.sort(key=lambda finding: finding.line)

    def _read_in_order(self) -> int:
        """Reads all marks where they leave nothing to decide, as in most laws; how many it has read."""
        marks, law = self._marks, self.law
        if [mark.number for mark in marks] != [(at, 0) for at in range(1, len(marks) + 1)]:
            return 0
        if any(mark.grade != Grade.CLEAN for mark in marks):
            return 0
        law.seen = {(at, 0): mark.line for at, mark in enumerate(marks, 1)}
        law.last = law.highest = (len(marks), 0)
        self.cuts = [Cut(mark.line, mark.start, mark.end, law, mark.name) for mark in marks]
        return len(marks)

    # One mark

    def _take(self, at: int, mark: Mark) -> None:
        """Reads a mark: as the beginning of an article, of what is left out, or as text."""
        series, number = self._series, mark.number
        cited = mark.exact or mark.grade == Grade.WITHIN or cites(self.lines[mark.line], mark)
        if self._goes_on_quoting(mark):
            self._quoted = number
        elif series.annex and not series.seen:
            self._take_in_annex(at, mark)
        elif number is None:
            if not cited and (mark.grade >= Grade.OPENING or mark.spaced):
                self._leave(mark, f'"{mark.name[:20]}" is no article number', "no article number")
        elif _follows(number, series.last) and number not in series.seen:
            if self._is_next(at, mark):
                self._accept(mark)
        elif not cited:
            self._take_out_of_order(at, mark, number)

    def _take_in_annex(self, at: int, mark: Mark) -> None:
        """Begins the articles of an annex that has a title."""
        place = self._series.annex or (0, 0)
        if self._starts(at, mark) and (title := annex_title(self.lines, place, mark.line)):
            self._series.title = title
            self._accept(mark)

    def _take_out_of_order(self, at: int, mark: Mark, number: Number) -> None:
        series, beyond = self._series, number > self._series.highest
        if not beyond and self._starts(at, mark) and self._begins_anew(mark):
            self._accept(mark)
        elif self._is_quoted(at, mark):
            self._quoted = number
            found = f"{mark.name} is quoted by the article above, and read as a part of it"
            self._say(mark.line, found, "quoted articles")
        elif beyond and self._may_jump(at, mark, number):
            self._accept(mark)
        elif beyond or mark.grade < Grade.CLEAN:
            self._doubt(mark)
        elif number in series.seen:
            first = series.seen[number] + self._begins
            found = f"{mark.name} stands there a second time, first in line {first}"
            self._leave(mark, found, "numbers that stand there twice")
        else:
            self._say(mark.line, f"{mark.name} comes after {name_of(series.last)}", "numbers out of order")
            self._accept(mark)

    def _accept(self, mark: Mark) -> None:
        series, number = self._series, mark.number or _FIRST
        series.seen[number] = mark.line
        series.last, series.highest = number, max(number, series.highest)
        self._quoted = None
        self.cuts.append(Cut(mark.line, mark.start, mark.end, series, mark.name))
        if mark.grade < Grade.CLEAN:
            found = f'"{self._shown(mark)}" begins {mark.name}'
            self._say(mark.line, found, "numbers in another writing or place")

    def _leave(self, mark: Mark, found: str, kind: str) -> None:
        """Leaves the text out that begins there."""
        self.cuts.append(Cut(mark.line, mark.start, mark.end, self._series))
        self._say(mark.line, found, kind, lost=True)

    def _doubt(self, mark: Mark) -> None:
        found = f'"{self._shown(mark)}" is not the next number, and is read as text'
        self._say(mark.line, found, "numbers read as text")

    def _shown(self, mark: Mark) -> str:
        return self.lines[mark.line][mark.start : mark.end + 6].strip()

    def _say(self, line: int, found: str, kind: str, *, lost: bool = False) -> None:
        self.findings.append(Finding(line, found, kind, lost))

    # What speaks for it

    @cached_property
    def _clean(self) -> Counter[Number | None]:
        """How often each number stands as usual."""
        return Counter(mark.number for mark in self._marks if mark.grade == Grade.CLEAN)

    def _next(self, at: int, least: Grade, beyond: Number = (0, 0)) -> Number | None:
        """The number of the next mark from `at` on that is of this grade or a higher one, and beyond that number; None where numbering begins anew before."""
        for mark in self._marks[at : at + _AHEAD]:
            if not mark.number or mark.grade < least or mark.exact or cites(self.lines[mark.line], mark):
                continue
            if mark.number == _FIRST and beyond >= _FIRST:
                return None
            if mark.number > beyond:
                return mark.number
        return None

    def _is_next(self, at: int, mark: Mark) -> bool:
        """Whether a mark with the next number begins the article: not where a better one with that number follows."""
        if mark.grade == Grade.CLEAN and self._clean[mark.number] == 1:
            return True
        cited = cites(self.lines[mark.line], mark)
        if mark.grade == Grade.CLEAN and not cited and not self._is_quoted(at, mark):
            return True
        ahead = self._next(at + 1, Grade(min(mark.grade + 1, Grade.CLEAN)), self._series.last)
        if mark.grade == Grade.WITHIN and not ahead:
            self._doubt(mark)
            return False
        return ahead != mark.number

    def _may_jump(self, at: int, mark: Mark, number: Number) -> bool:
        """Whether a mark with a number beyond the next begins an article."""
        if mark.grade == Grade.CLEAN:
            return True
        ahead = self._next(at + 1, mark.grade, self._series.last)
        if mark.grade == Grade.OPENING:
            return not ahead or ahead > number
        return _follows(ahead, number) if ahead else mark.spaced

    def _starts(self, at: int, mark: Mark) -> bool:
        """Whether a mark begins a series: it has the number one, and the next follows."""
        if mark.number != _FIRST or mark.grade == Grade.WITHIN:
            return False
        ahead = self._next(at + 1, Grade.AFTER, _FIRST)
        return mark.grade == Grade.CLEAN or (ahead is not None and _follows(ahead, _FIRST))

    def _goes_on_quoting(self, mark: Mark) -> bool:
        """Whether the mark is the next of the quoted articles, and not of the law itself."""
        if not self._quoted or not mark.number or _follows(mark.number, self._series.last):
            return False
        return _follows(mark.number, self._quoted)

    def _is_quoted(self, at: int, mark: Mark) -> bool:
        """Whether the article above quotes another law there, as amendments do: announced (修改为：…), or in quotation marks that are open."""
        later = self._marks[at + 1 : at + _AHEAD]
        returns = any(
            _follows(other.number or _FIRST, self._series.last)
            for other in later
            if other.grade == Grade.CLEAN
        )
        return any(
            (_ANNOUNCES.search(line[-_TAIL:]) and (returns or mark.name in line))
            or (_QUOTED.match(line) and line.count("“") > line.count("”"))
            for _, line in self._above(mark.line)
        )

    def _above(self, line: int) -> Iterator[Line]:
        """The last lines above `line` since the last cut, backwards, without empty ones."""
        begin = self.cuts[-1].line if self.cuts else line
        lines = ((at, self.lines[at]) for at in range(line - 1, begin - 1, -1))
        return islice((pair for pair in lines if pair[1].strip()), _ABOVE)

    # Series

    def _open(self, series: Series) -> None:
        self._series = series
        self._all.append(series)

    def _begin_annex(self, place: Place, at: int) -> None:
        """Begins an annex there, unless the law goes on behind it, from mark `at`."""
        if (not self._series.annex and not self._series.seen) or self._goes_on(at):
            return
        line, start = place
        self._close(line)
        self._open(Series(annex=place))
        self.cuts.append(Cut(line, start, len(self.lines[line]), self._series))

    def _goes_on(self, at: int) -> bool:
        series = self._series
        ahead = self._next(at, Grade.OPENING)
        if not series.seen or not ahead or ahead in series.seen:
            return False
        return series.last < ahead <= (series.last[0] + _NEAR, 0)

    def _close(self, line: int) -> None:
        """Ends a series before `line`."""
        if (place := self._series.annex) and not self._series.seen:
            found = f"{label(self.lines, place, line)} is an annex without articles under a title"
            self._say(place[0], found, "annexes", lost=True)

    @cached_property
    def _headings(self) -> list[tuple[int, int, str]]:
        """Line, depth and text of each heading."""
        headings = ((at, HEADING.match(line)) for at, line in enumerate(self.lines) if "#" in line)
        return [
            (at, len(match[1]), " ".join(match[2].split())) for at, match in headings if match and match[2]
        ]

    def _begins_anew(self, mark: Mark) -> bool:
        """Begins a series for the mark where a heading or a title stands above it; whether it did."""
        begin = self.cuts[-1].line + 1 if self.cuts else 0
        since = bisect_left(self._headings, (begin,))
        if above := self._headings[since : bisect_left(self._headings, (mark.line,))]:
            _, depth, name = min(above, key=lambda heading: heading[1])
            self._series.part = self._series.part or self._part_of_first(depth)
            self._open(Series(part=name))
            return True
        titles = [(at, line) for at, line in self._above(mark.line) if at >= begin and is_title(line)]
        if titles:
            self._open(Series(title=joined(line for _, line in reversed(titles))))
            at, line = titles[-1]
            self.cuts.append(Cut(at, 0, len(line), self._series))
        return bool(titles)

    def _part_of_first(self, depth: int) -> str:
        """The heading of this depth, or of a higher one, that the series began under."""
        first = bisect_left(self._headings, (min(self._series.seen.values(), default=0),))
        above = (name for _, level, name in reversed(self._headings[:first]) if level <= depth)
        return next(above, "")


def _follows(number: Number, last: Number) -> bool:
    """Whether a number comes next: 第六条 or 第五条之一 after 第五条."""
    return number in ((last[0] + 1, 0), (last[0], last[1] + 1))


def _missing(series: Series, *, whole: bool) -> Iterator[Finding]:
    """What lacks between the numbers of a series; `whole`: and before its first."""
    numbers = sorted(series.seen)
    if numbers == [(at, 0) for at in range(1, len(numbers) + 1)]:
        return
    before = (0 if whole or not numbers else numbers[0][0] - 1, 0)
    for earlier, later in pairwise([before, *numbers]):
        if lost := _between(earlier, later):
            few = len(lost) <= _LISTED
            names = [name_of(number) for number in (lost if few else (lost[0], lost[-1]))]
            listed = "、".join(names) if few else f"{len(lost):,} numbers, {' to '.join(names)},"
            found = f"{listed} {'is' if len(lost) == 1 else 'are'} missing before {name_of(later)}"
            yield Finding(series.seen[later], found, "gaps in the numbering")


def _between(earlier: Number, later: Number) -> list[Number]:
    if earlier[0] == later[0]:
        return [(later[0], sub) for sub in range(earlier[1] + 1, later[1])]
    whole = [(number, 0) for number in range(earlier[0] + 1, later[0])]
    return whole + [(later[0], sub) for sub in range(later[1])]
