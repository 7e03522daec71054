"""Units: the runs of articles that are built, and stay or go, as one; each becomes a fragment of the table.

Where a unit begins depends on the `doc_id` of its first article alone (as in content-defined chunking: Muthitacharoen et al.
2001, A Low-bandwidth Network File System), so that an article that comes, goes or changes touches its own unit only.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import pyarrow as pa
import xxhash

from workbench.core.digests import digest
from workbench.core.dimensions import ALL
from workbench.core.documents import content_hash, format_document
from workbench.core.domain import Article, Level
from workbench.core.settings import LexicalSystem
from workbench.corpora.versions import Replacements
from workbench.index.building.data_files import BATCH_ROWS, DataFolder, Place, Places
from workbench.index.building.finished import HASH, Digests, FinishedIndex, key_of
from workbench.index.checksums import RunDigests
from workbench.index.columns import REPLACED, TEXT_FIELDS, column_name

MEAN, MOST = 8192, 32768  # articles of a unit: on average, and at most
_ARTICLE = [field.name for field in fields(Article)]


@dataclass(frozen=True)
class Unit:
    """Articles from `doc_id` `first` to `last`, without their vectors.

    `name`: of what begins so, whatever follows; `key`: changes with any text of it; `texts`, `digests`: where each text column
    is, and the checksums of its runs; `reused`: whether all of them stay where they were.
    """

    name: str
    first: str
    last: str
    rows: int
    key: str
    texts: Places
    digests: Digests
    reused: bool


def cut(articles: Iterable[Article]) -> Iterator[list[Article]]:
    """`articles`, in `doc_id` order, as units."""
    unit = list[Article]()
    for article in articles:
        if unit and (len(unit) >= MOST or _begins(article.doc_id)):
            yield unit
            unit = []
        unit.append(article)
    if unit:
        yield unit


def _begins(doc_id: str) -> bool:
    return xxhash.xxh3_64_intdigest(doc_id.encode()) % MEAN == 0


class Texts:
    """Writes the text columns of units, but for those that a finished index has already.

    `left_out`: content hashes of articles that have passed and are in no unit, by `doc_id`.
    """

    def __init__(
        self, folder: DataFolder, old: FinishedIndex | None, full_text: Mapping[str, LexicalSystem]
    ) -> None:
        self._folder, self._old = folder, old
        self.left_out = dict[str, str]()
        self._full_text = dict(sorted((column_name(name, ALL), each) for name, each in full_text.items()))

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([*TEXT_FIELDS, *((column, pa.string()) for column in self._full_text)])

    def units(
        self, articles: Collection[Article], days: Replacements, without: Collection[str]
    ) -> Iterator[Unit]:
        """`without`: content hashes of articles that are left out; `days`: from when each is replaced."""
        for several in cut(articles):
            hashed = [(each, content_hash(each)) for each in several]
            self.left_out |= {each.doc_id: hash_ for each, hash_ in hashed if hash_ in without}
            if kept := [(each, hash_) for each, hash_ in hashed if hash_ not in without]:
                yield self.unit(self._table(kept, days))

    def unit(self, table: pa.Table) -> Unit:
        """The unit with these text columns."""
        digests = {name: _digests(table[name]) for name in table.column_names}
        key = key_of(digests[HASH])
        there = self._places_there(key, digests)
        batches = table.to_batches(max_chunksize=BATCH_ROWS)
        first, last = table["doc_id"][0].as_py(), table["doc_id"][-1].as_py()
        return Unit(
            name=digest(first).hex(),
            first=first,
            last=last,
            rows=table.num_rows,
            key=key,
            texts=there or self._folder.write(batches, table.schema),
            digests=digests,
            reused=bool(there),
        )

    def _places_there(self, key: str, digests: Digests) -> dict[str, Place]:
        """Where a finished index has just these columns; empty where it has not all."""
        fragment = self._old.fragment_of(key) if self._old else None
        if not self._old or not fragment:
            return {}
        places = {name: self._old.place(name, fragment, each) for name, each in digests.items()}
        return {name: place for name, place in places.items() if place} if all(places.values()) else {}

    def _table(self, articles: Sequence[tuple[Article, str]], days: Replacements) -> pa.Table:
        """The fields of the articles, and what full text searches of each."""
        kept = [article for article, _ in articles]
        columns: dict[str, list[object]] = {name: [getattr(each, name) for each in kept] for name in _ARTICLE}
        columns |= {
            "doc_id": [each.doc_id for each in kept],
            "scope": [each.scope for each in kept],
            HASH: [hashed for _, hashed in articles],
            REPLACED: [days.day(each) for each in kept],
        }
        for column, system in self._full_text.items():
            columns[column] = [format_document(each, system.document_template) for each in kept]
        return pa.table(columns).select(self.schema.names).cast(self.schema)


def articles_of(folder: DataFolder, unit: Unit) -> list[Article]:
    """The articles of a unit, in their order."""
    rows = folder.table({name: unit.texts[name] for name in _ARTICLE}).to_pylist()
    return [Article(**{**row, "level": Level(row["level"])}) for row in rows]


def hashes_of(folder: DataFolder, unit: Unit) -> list[str]:
    """Their content hashes."""
    hashes: list[str] = folder.table({HASH: unit.texts[HASH]})[HASH].to_pylist()
    return hashes


def _digests(column: pa.ChunkedArray) -> tuple[str, ...]:
    runs = RunDigests()
    for chunk in column.chunks:
        runs.add(chunk)
    return runs.close().digests
