"""One law in LawRefBook's Markdown: a head with title, part and history, then headings and articles."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.corpora.fields import iso_date
from workbench.corpora.numerals import TYPED_NUMERAL

_ARTICLE = re.compile(rf"\s*(第{TYPED_NUMERAL}条(?:之{TYPED_NUMERAL})?)(?:\s+|$)(.*)")
_HEADING = re.compile(r"\s*(#+)\s*(.*)")
_COMMENT = re.compile(r"<!--.*?-->")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:.*\n)*?---[ \t]*(?:\n|$)")
_END_OF_HEAD = re.compile(r"<!--\s*INFO END\s*-->")
_BODY = re.compile(rf"^(?=##|第{TYPED_NUMERAL}条)", re.MULTILINE)  # where nothing ends the head
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

    @property
    def has_articles(self) -> bool:
        return any(map(_ARTICLE.match, self.body.split("\n")))


@dataclass(frozen=True, slots=True)
class Numbered:
    """One article as it stands in the file: its first line's number, the headings above it, its own number, its text."""

    line: int
    chapter: str
    number: str
    text: str


def parse(text: str) -> Law:
    """The law in the text of one file; a file without title gives a law without one."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT_MATTER.match(text)
    begin = front.end() if front else 0
    body = _END_OF_HEAD.search(text, begin) or _BODY.search(text, begin)
    head = text[begin : body.start() if body else len(text)].split("\n")
    titles = [
        " ".join(_COMMENT.sub("", line[1:]).split())
        for line in head
        if re.match("#(?!#)", line) and len(line) <= _LONGEST
    ]
    history = [(iso_date(match[1]), match[2]) for match in map(_HISTORY.match, head) if match]
    end = body.end() if body else len(text)
    return Law(
        title=titles[0] if titles else "",
        part=titles[1] if len(titles) > 1 else "",
        published=max((date for date, what in history if not what.startswith("施行")), default=""),
        effective=max((date for date, what in history if what.startswith("施行")), default=""),
        body=text[end:],
        line=text.count("\n", 0, end) + 1,
        unclosed=text.startswith("---") and not front,
    )


def articles(law: Law) -> Iterator[Numbered]:
    """The articles in order; an article ends where the next one or a heading begins."""
    headings: dict[int, str] = {}  # depth -> heading
    begins, number, lines = 0, "", list[str]()
    for at, line in enumerate([*law.body.split("\n"), "#"], law.line):
        heading = _HEADING.match(line)
        match = None if heading else _ARTICLE.match(line)
        if (heading or match) and number:
            yield Numbered(begins, " ".join(headings.values()), number, "\n".join(lines))
            number = ""
        if heading:
            depth, name = len(heading[1]), " ".join(_COMMENT.sub("", heading[2]).split())
            headings = {above: text for above, text in headings.items() if above < depth} | (
                {depth: name} if name else {}
            )
        elif match:
            begins, number, lines = at, match[1], list(filter(None, [_COMMENT.sub("", match[2]).strip()]))
        elif number and (plain := _COMMENT.sub("", line).strip()):
            lines.append(plain)
