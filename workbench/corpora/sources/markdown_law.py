"""One law in LawRefBook's Markdown: a head with title, part and history, then headings and articles."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.corpora.fields import iso_date
from workbench.corpora.sources.annexes import HEADING
from workbench.corpora.sources.article_marks import begins_article, is_clean
from workbench.corpora.sources.numbering import Cut, Numbering

_COMMENT = re.compile(r"<!--.*?-->")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:.*\n)*?---[ \t]*(?:\n|$)")
_END_OF_HEAD = re.compile(r"<!--\s*INFO END\s*-->")
_BOLD = "**"
_LONGEST = 1_000  # characters of a title
_HISTORY = re.compile(r"\s*(\d{4}年\d{1,2}月\d{1,2}日)\s*(.*)")


@dataclass(frozen=True, slots=True)
class Law:
    """`part` is set where a law is spread over files; dates are ISO or empty; `body` begins in the file's line `line`.

    `unclosed`: whether the file begins a `---` block that does not end.
    """

    title: str
    part: str
    published: str
    effective: str
    body: str
    line: int
    unclosed: bool


@dataclass(frozen=True, slots=True)
class Numbered:
    """One article as it stands in the file: its first line's number, the headings above it, its own number, its text.

    `law`: the title of an annex that the article belongs to; `part`: the heading under which numbering begins anew.
    """

    line: int
    chapter: str
    number: str
    text: str
    law: str = ""
    part: str = ""


def parse(text: str) -> Law:
    """The law in the text of one file; a file without title gives a law without one."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT_MATTER.match(text)
    begin = front.end() if front else 0
    end, body = _body(text, begin)
    head = text[begin:end].split("\n")
    titles = [
        " ".join(_COMMENT.sub("", line[1:]).split())
        for line in head
        if re.match("#(?!#)", line) and len(line) <= _LONGEST
    ]
    history = [(iso_date(match[1]), match[2]) for match in map(_HISTORY.match, head) if match]
    return Law(
        title=titles[0] if titles else "",
        part=titles[1] if len(titles) > 1 else "",
        published=max((date for date, what in history if not what.startswith("施行")), default=""),
        effective=max((date for date, what in history if what.startswith("施行")), default=""),
        body=text[body:],
        line=text.count("\n", 0, body) + 1,
        unclosed=text.startswith("---") and not front,
    )


def has_articles(law: Law) -> bool:
    """Whether any article can be read."""
    return any(map(is_clean, law.body.split("\n"))) or any(cut.name for cut in numbering_of(law).cuts)


def numbering_of(law: Law) -> Numbering:
    """Where the articles of a law begin."""
    return Numbering(_lines(law), law.line)


def articles(law: Law, numbering: Numbering) -> Iterator[Numbered]:
    """The articles in order; an article ends where the next one, a heading or an annex begins."""
    lines, cuts = numbering.lines, numbering.cuts
    headings = _passed({}, [*lines[: cuts[0].line], lines[cuts[0].line][: cuts[0].start]] if cuts else [])
    for number, cut in enumerate(cuts):
        if number and cut.series is not cuts[number - 1].series and not cut.series.part:
            headings = {}
        chapter = " ".join(headings.values())
        pieces = _pieces(lines, cut, cuts[number + 1] if number + 1 < len(cuts) else None)
        end = _first_heading(pieces)
        if cut.name:
            plain = [piece.strip().lstrip("> ") for piece in pieces[:end]]
            text = "\n".join(filter(None, plain))
            yield Numbered(cut.line + law.line, chapter, cut.name, text, cut.series.title, cut.series.part)
        if end < len(pieces):
            headings = _passed(headings, pieces[end:])


def _pieces(lines: Sequence[str], cut: Cut, after: Cut | None) -> list[str]:
    """What stands from a cut to the next one, by lines."""
    line = lines[cut.line]
    first = line[cut.end : after.start if after and after.line == cut.line else None]
    if line.count(_BOLD, cut.start, cut.end) % 2:  # which goes on behind the number
        first = first.replace(_BOLD, "", 1)
    if after and after.line == cut.line:
        return [first]
    between = lines[cut.line + 1 : after.line if after else None]
    return [first, *between, *([lines[after.line][: after.start]] if after else [])]


def _first_heading(pieces: list[str]) -> int:
    """Which of the pieces behind the first is a heading; how many there are, where none is."""
    if "#" not in "".join(pieces):  # as in most
        return len(pieces)
    return next((at for at, piece in enumerate(pieces) if at and _heading(piece)), len(pieces))


def _heading(line: str) -> re.Match[str] | None:
    return HEADING.match(line) if "#" in line else None


def _passed(headings: dict[int, str], lines: list[str]) -> dict[int, str]:
    """Depth -> heading, after these lines."""
    for heading in filter(None, map(_heading, lines)):
        depth, name = len(heading[1]), " ".join(heading[2].split())
        headings = {above: text for above, text in headings.items() if above < depth} | (
            {depth: name} if name else {}
        )
    return headings


def _lines(law: Law) -> list[str]:
    """The lines of the body, without comments."""
    return [_COMMENT.sub("", line) if "<!--" in line else line for line in law.body.split("\n")]


def _body(text: str, begin: int) -> tuple[int, int]:
    """Where the head ends, and where the body begins: where nothing says so at a heading below the title or an article."""
    if mark := _END_OF_HEAD.search(text, begin):
        return mark.span()
    for line in re.finditer(r".+", text[begin:]):
        if line[0].startswith("##") or begins_article(line[0]):
            return (begin + line.start(),) * 2
    return len(text), len(text)
