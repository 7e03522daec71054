"""The documents of a retrieval data set in BEIR's form, as articles."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from workbench.core.domain import Article, Level
from workbench.core.errors import CorpusError
from workbench.core.settings import settings_record
from workbench.corpora.fields import FIELDS, ArticleSource, article_of, law_and_number, one_line
from workbench.corpora.firsts import Firsts
from workbench.corpora.paths import CORRECT_PATH, source_path
from workbench.corpora.report import SourceReport
from workbench.corpora.rows import files_of, rows_of

NAMES = ("corpus.jsonl", "corpus.jsonl.gz")


@settings_record
class Settings(ArticleSource):
    """A folder with corpus.jsonl, or that file."""

    kind: Literal["beir"]


def read(source: Settings, report: SourceReport) -> Iterator[Article]:
    """Documents of corpus.jsonl (or .gz) in the folder `source.path`, or of that file; `source_id` is the document's `_id`.

    Law and number are the title's where it names an article (中华人民共和国刑法 第二百六十三条). Otherwise the law is the
    title, and `_id` stands for the number, as it does for a second document with one title; without a title the part is
    the folder's name. What has only a title has it for a text. Keys named like fields of `Article`, in the row or in its
    `metadata`, go first. The level is `source.level`, else what the title of an article tells, else 法律.
    """
    path = _file(source_path(source, *NAMES))
    names, doc_ids = Firsts(), Firsts()
    for where, row in rows_of(path, "jsonl", report):
        name = one_line(row.get("_id"))
        if not name:
            report.skip(where, "has no _id", kind="no _id")
            continue
        if before := names.add(name, where):
            report.skip(
                where, f'has the _id "{name}" again, after {before}', kind="an _id that stands there twice"
            )
            continue
        values, numbered = _values(row, name, path.parent.name)
        levelled = source if numbered or source.level else replace(source, level=Level.LAW)
        article = article_of(values, where, source=levelled, report=report, numbered=numbered)
        if not article:
            continue
        if doc_ids.add(article.doc_id, where):
            article = replace(article, article=name)
            doc_ids.add(article.doc_id, where)
        yield article


def _file(path: Path) -> Path:
    if path.is_dir():
        files = [path / name for name in NAMES if os.path.isfile(path / name)]
        if not files:
            raise CorpusError(
                str(path),
                "holds no corpus.jsonl",
                wanted="BEIR's corpus.jsonl or corpus.jsonl.gz",
                remedy=CORRECT_PATH,
            )
        return files[0]
    return files_of(path)[0]


def _values(row: Mapping[str, Any], name: str, folder: str) -> tuple[dict[str, Any], bool]:
    """Values of an article's fields, and whether its number is one of an article."""
    title = str(row.get("title") or "").strip()
    text = row.get("text")
    if title and not str(text or "").strip():
        title, text = "", title
    metadata = row.get("metadata")
    columns = metadata | dict(row) if isinstance(metadata, dict) else row
    own_values = {field: value for field, value in columns.items() if field in FIELDS and value}
    named = law_and_number(title)
    law, number = named or (title, name)
    part = "" if title or own_values.get("law") else folder
    numbered = bool(named or (own_values.get("article") and (title or own_values.get("law"))))
    values = {"law": law, "article": number, "part": part} | own_values
    return values | {"text": text, "source_id": name}, numbered
