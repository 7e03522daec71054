"""The LanceDB table `articles` opened for reading: its articles, its searches, its vectors, and what is wrong with it."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lancedb
import numpy as np
from numpy.typing import NDArray

from workbench.core.ann import EXACT_UP_TO
from workbench.core.domain import Article
from workbench.core.errors import IndexFault
from workbench.core.settings import is_remote
from workbench.core.vectors import Vectors
from workbench.index.against_corpus import other_articles
from workbench.index.checking import Damage, matrix, told
from workbench.index.checksums import Checksums
from workbench.index.faults import readable
from workbench.index.fulltext import has_full_text, index_name
from workbench.index.row_digests import TEXTS
from workbench.index.rows import ARTICLES, BUILDS, Citable
from workbench.index.searching import SearchedIndex

__all__ = ["ARTICLES", "BUILDS", "STAGING", "Citable", "Index", "vectors_of"]

STAGING = "staging_"
BATCH_BYTES = 3 * 2**20  # of vectors that are read at a time: 1,024 of 768 (docs/performance.md)
SAMPLE_FAR = 2_000  # rows fetched from object storage to tell what a column takes


class Index(SearchedIndex):
    """An index opened for reading; it goes on serving the same rows while a new build replaces them.

    `cache_bytes`: bytes of vector columns that stay in memory once they were streamed, so that one question after the
    other does not read them from disk again. The other arguments are those of `IndexedArticles`.
    """

    def __init__(
        self, uri: str, *, cache_bytes: int = 0, pair: str = "…", exact_up_to: int = EXACT_UP_TO
    ) -> None:
        super().__init__(uri, pair=pair, exact_up_to=exact_up_to)
        self._cache_bytes, self._cached_columns = cache_bytes, dict[str, Vectors]()
        self.cached_norms: dict[tuple[str, tuple[int, ...]], NDArray[np.float64]] | None = (
            {} if cache_bytes else None
        )

    def column_bytes(self, column: str, sample: int = 20_000) -> int:
        """Bytes that a vector column takes on disk, measured by writing its first `sample` rows alone, scaled to all."""
        sample = SAMPLE_FAR if is_remote(self.uri) else sample
        with TemporaryDirectory() as folder, readable(self.uri, self._pair):
            rows = self._table.search().select([column]).limit(sample).to_arrow().select([column])
            lancedb.connect(folder).create_table("column", rows)
            written = sum(file.stat().st_size for file in Path(folder).rglob("*.lance") if file.is_file())
            return round(written * self._checked.rows / rows.num_rows)

    def text_bytes(self, column: str) -> int:
        """Bytes that a full-text index takes on disk; the text that it searches is not counted."""
        with readable(self.uri, self._pair):
            index = next(each for each in self._table.list_indices() if each.name == index_name(column))
            return int(index.size_bytes)

    def vector_batches(self, column: str) -> Iterator[Vectors]:
        """The vectors of one column in table order, (some rows, dim) float32 at a time.

        An IndexFault where rows are not what was built or not of unit length: as late as with the last ones.
        """
        if (cached := self._cached_columns.get(column)) is not None:
            longer = 32 * self._batch_rows(column)
            yield from (cached[start : start + longer] for start in range(0, len(cached), longer))
            return
        cached = self._room(column)
        start = 0
        for piece in self._checked.pieces(column, self._batch_rows(column)):
            vectors = matrix(piece)
            if cached is not None:
                cached[start : start + len(vectors)] = vectors
            start += len(vectors)
            yield vectors
        if cached is not None:
            self._cached_columns[column] = cached

    @property
    def run_ends(self) -> tuple[int, ...]:
        """Behind which row each run of rows ends that can be checked by itself."""
        return self._checked.run_ends

    def vector_part(self, column: str, rows: slice) -> Iterator[Vectors]:
        """As `vector_batches`, of some rows: from the end of one run to that of another."""
        return map(matrix, self._checked.part(column, self._batch_rows(column), rows))

    def load(self, column: str) -> None:
        """Reads a column into memory, where it fits into what this index may hold."""
        if column not in self._cached_columns and self._room(column) is not None:
            for _ in self.vector_batches(column):
                pass

    def _dim(self, column: str) -> int:
        return int(self._checked.schema.field(column).type.list_size)

    def _batch_rows(self, column: str) -> int:
        return max(1, BATCH_BYTES // (4 * self._dim(column)))

    def _room(self, column: str) -> Vectors | None:
        """Where to keep a column in memory, if it still fits."""
        shape = (self.rows, self._dim(column))
        fits = (
            sum(cached.nbytes for cached in self._cached_columns.values()) + 4 * shape[0] * shape[1]
            <= self._cache_bytes
        )
        return np.empty(shape, np.float32) if fits else None

    def vectors_at(self, column: str, offsets: Sequence[int]) -> Vectors:
        """The vectors of one column at some table positions, (n, dim) float32, in the order of `offsets`."""
        cached = self._cached_columns.get(column)
        if cached is not None:
            return cached[list(offsets)]
        with readable(self.uri, self._pair):
            return vectors_of(self._table, column, offsets)

    @property
    def version(self) -> int:
        """Which version of the table is read."""
        return int(self._table.version)

    @property
    def checksums(self) -> Checksums:
        """What its build recorded of its columns and files."""
        return self._checked.checksums

    def damage(self, column: str) -> list[Damage]:
        """What is wrong with a column, which is read for it."""
        return self._checked.damage(column)

    @property
    def has_checksums(self) -> bool:
        """Whether its build recorded checksums; without them a flipped bit shows only where a norm or LanceDB notices."""
        return bool(self._checked.checksums)

    @property
    def has_row_checksums(self) -> bool:
        """Whether its build made what single rows are found and checked by."""
        return all(map(self._single.has_digests, (TEXTS, *self.vector_columns)))

    def fault(self, damage: Damage) -> IndexFault:
        """What to raise of it."""
        return self._checked.fault(damage)

    def find_damage(self) -> list[Damage]:
        """Reads every column, and says which rows are not what was built, a run with such vectors by these alone."""
        return [each for column in self._checked.schema.names for each in told(self._checked.damage(column))]

    def damaged_files(self) -> list[str]:
        """The files of the table, by their paths in its folder, that are not what was written."""
        return self._checked.damaged_names()

    def damaged_records(self) -> list[str]:
        """What is wrong with the table's files, and with the checksums themselves."""
        of_checksums = [f"the checksums of {subject} are damaged" for subject in self.checksums.damaged]
        return self._checked.damaged_files() + of_checksums

    def has_full_text(self, column: str) -> bool:
        """Whether a text column has its full-text index, over all rows."""
        with readable(self.uri, self._pair):
            return has_full_text(self._table, column)

    def content_hashes(self) -> list[str]:
        """What each row is of, unchecked; empty where it cannot be read at all."""
        try:
            with readable(self.uri):
                rows = self._table.search().select(["content_hash"]).limit(self._checked.rows).to_arrow()
                return rows["content_hash"].to_pylist()
        except IndexFault:
            return []

    def verify(self, articles: Iterable[Article] | None = None) -> list[str]:
        """Faults found by reading everything: checksums, vectors, row counts, order, and, where given, the corpus itself."""
        faults = [str(each) for each in self.find_damage()]
        faults += self.damaged_records()
        lacking = [column for column in self.text_columns if not self.has_full_text(column)]
        faults += [f"{column} has no full-text index over all rows" for column in lacking]
        rows = self._checked.rows
        faults += [
            f"{column} has {rows:,} rows, its build recorded {build['rows']:,}"
            for column, build in self.builds.items()
            if rows != build["rows"]
        ]
        if not faults:
            ours = zip(self.stream("doc_id"), self.stream("content_hash"), strict=True)
            skipped = {doc_id: each.content_hash for doc_id, each in self.skipped.items()}
            faults += other_articles(ours, articles, skipped)
        return faults


def vectors_of(table: Any, column: str, offsets: Sequence[int]) -> Vectors:
    """(n, d) float32: a column at some positions of a table, in the order of `offsets`."""
    order = np.argsort(offsets, kind="stable")
    found = matrix(
        table.take_offsets([int(offsets[row]) for row in order]).select([column]).to_arrow()[column]
    )
    vectors = np.empty_like(found)
    vectors[order] = found
    return vectors
