"""The data pack of the LawVault desktop app: the SQLite file `content.db`."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

from workbench.core.domain import Article
from workbench.core.errors import CorpusError
from workbench.core.settings import settings_record
from workbench.corpora.chosen_versions import VersionedSource, of_versions
from workbench.corpora.fields import article_of
from workbench.corpora.paths import existing_path, source_path
from workbench.corpora.report import SourceReport

NAME = "content.db"
# Field of `Article` -> column of `chunks`; a pack may lack those of the second table.
NEEDED = {
    "source_id": "id",
    "text": "content",
    "law": "law_name",
    "article": "article_number",
    "level": "category",
}
OPTIONAL = {"region": "region", "published": "publish_date", "part": "part", "chapter": "chapter"}
_REMEDY = "give the folder of a LawVault data pack, or its content.db"


@settings_record
class Settings(VersionedSource):
    """`vectors`: the system whose vectors lie beside the articles."""

    kind: Literal["lawvault-data-pack"]
    vectors: str = ""

    @property
    def vectors_of(self) -> str:
        return self.vectors


def read(source: Settings, report: SourceReport) -> Iterator[Article]:
    """Articles of the pack whose folder, or whose `content.db`, is `source.path`; `source_id` is the chunk's id.

    Texts stay as they are in the pack, where most repeat the number at their start (第五十条 …): only then are vectors of
    the pack comparable with vectors made from it. The file is opened for reading only, and as one that nobody writes.
    Of several versions of a law, told by `publish_date`, those that `source.versions` says.
    """
    yield from of_versions(_articles(source, report), source.versions, report)


def _articles(source: Settings, report: SourceReport) -> Iterator[Article]:
    path = _database(source_path(source, remedy=_REMEDY))
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            database.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
            columns = _columns(database, path)
            for row in database.execute(f"SELECT {', '.join(columns.values())} FROM chunks"):
                values = dict(zip(columns, row, strict=True))
                if article := article_of(
                    values, f"{path}: chunk {values['source_id']}", source=source, report=report
                ):
                    yield article
    except sqlite3.Error as fault:
        raise CorpusError(str(path), f"cannot be read as an SQLite file ({fault})", remedy=_REMEDY) from fault


def _database(pack: Path) -> Path:
    path = pack.resolve()
    if path.is_dir():
        path = existing_path(path / NAME, remedy=_REMEDY)
    if not path.is_file():
        raise CorpusError(str(path), "does not exist", remedy=_REMEDY)
    return path


def _columns(database: sqlite3.Connection, path: Path) -> dict[str, str]:
    """Field -> column, of the columns that the pack has."""
    there = [name for (name,) in database.execute("SELECT name FROM pragma_table_info('chunks')")]
    if not there:
        raise CorpusError(str(path), "has no table chunks", remedy=_REMEDY)
    if missing := [column for column in NEEDED.values() if column not in there]:
        raise CorpusError(
            str(path),
            f'its table chunks lacks the column "{missing[0]}"',
            wanted=", ".join(NEEDED.values()),
            remedy=_REMEDY,
        )
    return NEEDED | {field: column for field, column in OPTIONAL.items() if column in there}
