"""Training triplets (query, positives, negatives), and the articles that their texts are."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from workbench.core.domain import Article, Citation
from workbench.core.errors import CitationError, CorpusError
from workbench.core.settings import settings_record
from workbench.corpora.citations import law_key, parse
from workbench.corpora.fields import ArticleSource, article_of, law_and_number
from workbench.corpora.firsts import Firsts
from workbench.corpora.paths import source_path
from workbench.corpora.report import SourceReport
from workbench.corpora.rows import FORMATS, files_of, kind_of, rows_of

NAMES = {
    "query": ("query", "anchor", "question"),
    "positives": ("positive", "positives", "pos"),
    "negatives": ("negative", "negatives", "neg", "hard_negative", "hard_negatives"),
}
_NUMBERED = re.compile(r"_?\d+$")
_DOCUMENT = re.compile(
    r"\s*title\s*[:：](?P<title>[^|｜]*)[|｜]\s*text\s*[:：]\s*(?P<text>.*)", re.DOTALL | re.IGNORECASE
)


_TITLE = 300  # characters that are read as a citation
_LISTED = ("、", "，", ",", "和", "与", "及", "或", "至")  # before a second number


@settings_record
class Settings(ArticleSource):
    """`columns`: query, positives or negatives -> column."""

    may_be_hub_id: ClassVar[bool] = True

    kind: Literal["triplets"]
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Triplet:
    """One row of training data; `where`: its file and line. `positives` and `negatives` are texts as they were trained on."""

    query: str
    positives: tuple[str, ...]
    negatives: tuple[str, ...]
    where: str


def read(source: Settings, report: SourceReport) -> Iterator[Article]:
    """Articles among the positives and negatives of `read_triplets`, each once; a text that names no article is skipped."""
    seen = Firsts()
    for triplet in read_triplets(source, report):
        for document in (*triplet.positives, *triplet.negatives):
            if seen.add(hash(document), triplet.where):
                continue
            if not (parsed := parse_document(document)):
                report.skip(
                    triplet.where, f'"{document[:20]}…" names no law and article', kind="no law and number"
                )
            elif article := article_of(
                dict(zip(("law", "article", "text"), parsed, strict=True)),
                triplet.where,
                source=source,
                report=report,
            ):
                yield article


def read_triplets(source: Settings, report: SourceReport) -> Iterator[Triplet]:
    """Triplets of a data set: the file or folder `source.path`, or the hub's data set of that name at `source.revision`.

    Rows have a query (`query`, `anchor`, `question`), positives (`positive`, `pos` …) and maybe negatives, each a text, a
    list of texts, or several columns with numbers behind the name. `source.columns` gives other names to query, positives
    and negatives.
    """
    names = {
        role: (source.columns[role],) if role in source.columns else names for role, names in NAMES.items()
    }
    any_triplet = False
    columns: list[str] = []  # of the first row that is no triplet
    for file in _files(source):
        for where, row in rows_of(file, kind_of(file), report):
            texts = _texts(row, names)
            if not texts["query"] or not texts["positives"]:
                columns = columns or list(row)
                report.skip(where, "has no query or no positive", kind="rows without query or positive")
                continue
            any_triplet = True
            yield Triplet(texts["query"][0], texts["positives"], texts["negatives"], where)
    if not any_triplet:
        wanted = "columns query (or anchor, question), positive and negative"
        remedy = f'say in the pair file which they are, e.g. columns = {{ query = "{columns[0] if columns else "…"}" }}'
        raise CorpusError(
            source.path,
            f"holds no triplet (columns: {', '.join(columns) or 'none'})",
            wanted=wanted,
            remedy=remedy,
        )


def parse_document(text: str) -> tuple[str, str, str] | None:
    """Law, article number and text of a document as it is fed to a model; None where it names no article.

    >>> parse_document("title: 渡口法 第二条 | text: 渡船载客不得超过核定人数。")
    ('渡口法', '第二条', '渡船载客不得超过核定人数。')
    """
    match = _DOCUMENT.fullmatch(text)
    named = law_and_number(match["title"]) if match else None
    return (*named, match["text"]) if match and named else None


def cited_in(text: str) -> Citation | None:
    """The article that a document is, or a paragraph of it; None where it names none.

    >>> str(cited_in("title: 渡口法 第二条第一款 | text: 渡船载客不得超过核定人数。"))
    '渡口法 第二条第一款'
    """
    match = _DOCUMENT.fullmatch(text)
    if not match:
        return None
    if (named := law_and_number(match["title"])) and not named[0].endswith(_LISTED):
        return Citation(law_key(named[0]), named[1])
    try:
        return parse(match["title"]) if len(match["title"]) <= _TITLE else None
    except CitationError:
        return None


def _files(source: Settings) -> list[Path]:
    path = source_path(source, *(f".{kind}" for kind in FORMATS))
    files = files_of(path, *FORMATS)
    if kind_of(files[0]) not in FORMATS:
        raise CorpusError(
            source.path,
            "is of no kind that can be read",
            wanted=", ".join(f".{kind}" for kind in FORMATS),
            remedy="convert it",
        )
    return files


def _texts(row: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Role -> its texts in this row."""
    return {
        role: tuple(
            text
            for column, value in row.items()
            if column in known or _NUMBERED.sub("", column) in known
            for text in _listed(value)
        )
        for role, known in names.items()
    }


def _listed(value: Any) -> list[str]:
    """The texts in a cell that holds one, or a list of them; in CSV the list is written as JSON."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return [value]
    return [
        text
        for text in (value if isinstance(value, list) else [value])
        if isinstance(text, str) and text.strip()
    ]
