"""National and local law from the Markdown tree of LawRefBook/Laws: a clone's folder, or an archive that is never unpacked."""

import re
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Literal

from workbench.core.domain import Article, Level, Scope
from workbench.core.errors import CorpusError
from workbench.core.settings import settings_record
from workbench.core.text import Fault, decode, encoding_of
from workbench.corpora.chosen_versions import VersionedSource, chosen
from workbench.corpora.fields import LEVELS
from workbench.corpora.paths import source_path
from workbench.corpora.report import SourceReport
from workbench.corpora.sources import markdown_law
from workbench.corpora.sources.article_marks import Number, name_of
from workbench.corpora.sources.lawrefbook_tree import REMEDY, SUFFIXES, Register, Row, files_of, register_of
from workbench.corpora.sources.markdown_law import Law
from workbench.corpora.titles import implemented_law, region_of_title, short_place
from workbench.corpora.versions import marked

NO_LAW = ("案例", "其他")  # cases; guides and standards, which no articles number
PAGES = ("_index.md", "README.md", "法律法规模版.md")  # of the tree's site
_DATED = re.compile(r"(?P<title>.*?)\s*[(（](?P<date>\d{4}-\d\d-\d\d)[)）]")

_YEAR = re.compile(r"[（(][^（）()]*[）)]$")


@settings_record
class Settings(VersionedSource):
    """A folder with LawRefBook's tree, or an archive of it."""

    kind: Literal["lawrefbook"]


@dataclass(frozen=True, slots=True)
class _Version:
    """One file of a law; `law` is its title, `published` the version's date, `digest` that of its articles."""

    file: str
    law: str
    part: str
    level: Level
    region: str
    published: str
    effective: str
    expired: bool
    digest: bytes

    @property
    def order(self) -> tuple[bool, str, str]:
        """Sorts the version that counts last: one in force, the newest, and of two with one date the last by file name."""
        return not self.expired, self.published, self.file


def read(source: Settings, report: SourceReport) -> Iterator[Article]:
    """Articles of the tree in the folder or archive (.tar.xz, .tar.gz …) `source.path`.

    Of several versions of a law the newest counts, by the date in the file's name, else in the `db.sqlite3` above it, else
    in the file's head; one that the database marks expired counts only where there is no other. With `source.versions`
    "all" the older ones are read too, each as a law of its own with its date behind the title: 渡口法（2015-03-15）. Level,
    region and dates come from the database, else from folder, file name and head. 案例 and 其他 are no law and left out.
    """
    path = source_path(source, *SUFFIXES, remedy=REMEDY)
    wanted = {
        version.file: version for version in _wanted(_survey(path, source, report), source.versions, report)
    }
    if not wanted:
        raise CorpusError(
            str(path),
            "holds no law",
            wanted="Markdown files in folders such as 宪法, 行政法规 and DLC",
            remedy=REMEDY,
        )
    spans = list[_Span]()
    for name, content in files_of(
        path, SourceReport()
    ):  # a second time: in an archive the databases may come last
        if version := wanted.pop(name, None):
            spans.append((yield from _articles(version, content, report)))
    _note_beginnings(spans, report)


def _survey(path: Path, source: Settings, report: SourceReport) -> Iterator[_Version]:
    """Every version of every law, without its articles."""
    register: Register = {}
    databases = 0
    laws: dict[str, tuple[Law, bytes]] = {}
    for name, content in files_of(path, report):
        if name.endswith(".sqlite3"):
            register |= register_of(name, content, report)
            databases += 1
        elif PurePosixPath(name).name not in PAGES and (law := _law(name, content, report)):
            laws[name] = replace(law, body=""), sha256(law.body.encode()).digest()
    if not databases:
        report.note(
            str(path),
            "holds no db.sqlite3: levels and dates come from folders, file names and heads",
            kind="no database",
        )
    for name, (law, digest) in laws.items():
        if version := _version(name, law, digest, register, source, report):
            yield version


def _law(name: str, content: bytes, report: SourceReport) -> Law | None:
    """The law in a file; None, and said, where there is none."""
    encoding = encoding_of(content)
    text = decode(content, encoding)
    if isinstance(text, Fault):
        report.skip(f"{name}:{text.line}", text.found, kind="files that are no text")
        return None
    law = markdown_law.parse(text)
    report.read_as(name, encoding)
    if law.unclosed:
        report.note(
            f"{name}:1",
            "begins a --- block that does not end; read all the same",
            kind="front matter without end",
        )
    if not law.title:
        report.skip(f"{name}:1", "has no title (a line that begins with #)", kind="files without title")
    elif not markdown_law.has_articles(law):
        report.skip(
            f"{name}:{law.line}",
            "begins no article with a number such as 第一条",
            kind="laws without articles",
        )
    else:
        return law
    return None


def _version(
    name: str, law: Law, digest: bytes, register: Register, source: Settings, report: SourceReport
) -> _Version | None:
    folders, stem = PurePosixPath(name).parts[:-1], PurePosixPath(name).stem
    dated = _DATED.fullmatch(stem)
    title, date = (dated["title"], dated["date"]) if dated else (stem, "")
    rows = register.get(("/".join(folders) or ".", title), [])
    row = next((row for row in rows if row.published == date), rows[0] if len(rows) == 1 else Row())
    levels = [folder for folder in (row.level, *folders) if folder in LEVELS or folder in NO_LAW]
    level = LEVELS.get(levels[0]) if levels else source.level
    if not level:
        report.skip(name, f"is {levels[0]}" if levels else "is in no folder of a level", kind="no law")
        return None
    region = (
        short_place(_place(folders) or source.region or region_of_title(law.title))
        if level.scope is Scope.LOCAL
        else ""
    )
    published, effective = date or row.published or law.published, row.effective or law.effective
    return _Version(name, law.title, law.part, level, region, published, effective, row.expired, digest)


def _place(folders: tuple[str, ...]) -> str:
    """The place whose regulations are in these folders: DLC/<place>地方法规/地方性法规/<place>."""
    return next((folder.removesuffix("地方法规") for folder in folders if folder.endswith("地方法规")), "")


def _wanted(versions: Iterable[_Version], which: str, report: SourceReport) -> Iterator[_Version]:
    """The version of each law that counts; and where all are wanted the older ones, under names of their own."""
    by_law: dict[tuple[str, str, str], list[_Version]] = defaultdict(list)
    for version in versions:
        by_law[version.law, version.part, version.region].append(version)
    for several in by_law.values():
        counts, *older = chosen(several, which)
        yield counts
        if counts.expired:
            report.note(
                counts.file,
                "is marked as expired, but no other version is there; read all the same",
                kind="expired laws",
            )
        for twin in several:
            if twin.published == counts.published and twin.digest != counts.digest:
                report.note(
                    counts.file,
                    f"counts, not {twin.file} with the same date and another text",
                    kind="two versions of one date",
                )
        yield from (replace(version, law=marked(version.law, version.published)) for version in older)


@dataclass(frozen=True, slots=True)
class _Span:
    """The first and the last number of a file's articles; `where` the first stands; `law`: the title, without a year in brackets."""

    law: str
    where: str
    first: Number
    last: Number


def _articles(version: _Version, content: bytes, report: SourceReport) -> Generator[Article, None, _Span]:
    text = decode(content, encoding_of(content))
    law = markdown_law.parse(str(text))
    numbering = markdown_law.numbering_of(law)
    for finding in numbering.findings:
        say = report.skip if finding.lost else report.note
        say(f"{version.file}:{finding.line + law.line}", finding.found, kind=finding.kind)
    local = version.level.scope is Scope.LOCAL
    for found in markdown_law.articles(law, numbering):
        if not found.text:
            where = f"{version.file}:{found.line}"
            report.skip(where, f"{found.number} has no text", kind="articles without text")
            continue
        title = found.law or version.law
        yield Article(
            law=title,
            article=found.number,
            text=found.text,
            level=version.level,
            region=version.region,
            part=found.part or version.part,
            chapter=found.chapter,
            published=version.published,
            effective=version.effective,
            implements=implemented_law(title) if local else "",
        )
    where = f"{version.file}:{numbering.cuts[0].line + law.line if numbering.cuts else law.line}"
    first = min(numbering.law.seen, default=(0, 0))
    return _Span(_YEAR.sub("", version.law), where, first, numbering.law.highest)


def _note_beginnings(spans: Iterable[_Span], report: SourceReport) -> None:
    """Says which files begin with another number than one, unless they go on where another file of the law ends."""
    spans = list(spans)
    ends = {(span.law, span.last[0]) for span in spans}
    for span in spans:
        if span.first[0] > 1 and (span.law, span.first[0] - 1) not in ends:
            report.note(
                span.where, f"the first article is {name_of(span.first)}", kind="gaps in the numbering"
            )
