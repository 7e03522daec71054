"""Filling a unit: one system's vectors of all its articles, read where they are known, encoded where not, and written as one file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from workbench.core.documents import format_document
from workbench.core.domain import Article
from workbench.core.errors import EncoderError
from workbench.core.pair_text import line_in
from workbench.core.vectors import TOO_WIDE, TextsWithoutVectors, Vectors, checked, truncate_dim
from workbench.encoders import Encoder
from workbench.index.building.data_files import DataFolder
from workbench.index.building.jobs import Filling, Job
from workbench.index.building.staged import Filled, Staged
from workbench.index.building.units import Unit, articles_of, hashes_of
from workbench.index.building.vector_files import staged_file, vectors_in, write_vectors
from workbench.index.columns import column_name
from workbench.index.reading import Index

BATCH, FIRST_BATCH = 1024, 128  # rows encoded and staged at a time: at most, and at first
COMMIT_EVERY = 20  # seconds of encoding that a build which is stopped loses, about


class Filler:
    """Fills units with vectors of `encoder`."""

    def __init__(self, filling: Filling, encoder: Encoder) -> None:
        self._filling, self._encoder = filling, encoder
        self._folder, self._staged = DataFolder(filling.place), Staged(filling.place, filling.group)

    def fill(self, job: Job, progress: Callable[[int], None] = lambda _: None) -> Filled:
        """Writes the file of a unit and stages it; `progress(encoded)` as it goes on.

        An EncoderError where the model fails: what was encoded before stays staged.
        """
        hashes = hashes_of(self._folder, job.unit)
        vectors = np.zeros((job.unit.rows, self._width), np.float32)
        there = self._take_known(job, hashes, vectors)
        is_whole = bool(there[list(job.gone)].all())
        there[list(job.gone)] = True
        missing = np.flatnonzero(~there).tolist()
        failed = self._encode(job, hashes, missing, vectors, progress) if missing else {}
        filled = replace(
            write_vectors(self._folder, job.unit, hashes, vectors, self._filling.dims),
            encoded=len(missing) - len(failed),
            failed=failed,
        )
        if is_whole and not failed:
            self._staged.record(filled)
        return filled

    @property
    def _width(self) -> int:
        return self._filling.dims[0]

    @property
    def _subject(self) -> str:
        return column_name(self._filling.system, self._width)

    # What is known

    def _take_known(self, job: Job, hashes: Sequence[str], vectors: Vectors) -> NDArray[np.bool_]:
        """Puts known vectors into `vectors` (rows, width); which rows now have one."""
        there = np.zeros(len(hashes), bool)
        if job.known:
            index = self._old(job.known.uri)
            for start in range(0, len(job.known.rows), BATCH):
                rows = job.known.rows[start : start + BATCH]
                found = index.vectors_at(
                    job.known.column, job.known.positions[start : start + BATCH].tolist()
                )
                vectors[rows] = self._cut(found)
                there[rows] = True
        places = {digest: row for row, digest in enumerate(hashes) if not there[row]}
        for digests, found in self._staged_vectors(job.unit):
            pairs = [(places[each], row) for row, each in enumerate(digests) if each in places]
            if pairs:
                own, sources = map(list, zip(*pairs, strict=True))
                vectors[own] = self._cut(found[sources])
                there[own] = True
        return there

    def _staged_vectors(self, unit: Unit) -> Iterator[tuple[list[str], Vectors]]:
        """Content hashes and vectors that are staged under this unit's name, of whatever texts."""
        if staged := staged_file(self._folder, self._staged, unit.name):
            yield from vectors_in(self._folder, staged)
        yield from self._staged.parts(unit.name)

    def _cut(self, vectors: Vectors) -> Vectors:
        checked(vectors, self._width, self._subject)
        return vectors if vectors.shape[1] == self._width else truncate_dim(vectors, self._width)

    def _old(self, uri: str) -> Index:
        return self._same_index if uri == self._filling.uri else Index(self._filling.pair.index.at(uri))

    @cached_property
    def _same_index(self) -> Index:
        return Index(self._filling.place)

    # What is encoded

    def _encode(
        self,
        job: Job,
        hashes: Sequence[str],
        missing: Sequence[int],
        vectors: Vectors,
        progress: Callable[[int], None],
    ) -> dict[int, str]:
        """Encodes and stages, a part at a time; row -> why, of the articles without a vector, where they may be left out."""
        articles, failed = articles_of(self._folder, job.unit), dict[int, str]()
        start, size = 0, FIRST_BATCH
        while start < len(missing):
            rows, began = missing[start : start + size], perf_counter()
            texts = [self._text(articles[row]) for row in rows]
            found, lacking = encoded(self._encoder, texts, partial(told_more, progress, start))
            kept = [place for place in range(len(rows)) if place not in lacking]
            if kept:
                self._check_width(found)
                cut = truncate_dim(checked(found[kept], self._width, self._subject), self._width)
                own = [rows[place] for place in kept]
                vectors[own] = cut
                if lacking or len(rows) < len(missing):  # else the unit is whole at once
                    self._staged.add(job.unit.name, [hashes[row] for row in own], cut)
            failed |= {rows[place]: why for place, why in lacking.items()}
            start += len(rows)
            self._filling.check_failed([(articles[row], why) for row, why in failed.items()], start)
            progress(start)
            size = min(
                BATCH, max(FIRST_BATCH, int(len(rows) * COMMIT_EVERY / max(perf_counter() - began, 1e-3)))
            )
        return failed

    def _text(self, article: Article) -> str:
        return format_document(article, self._filling.pair.dense[self._filling.system].document_template)

    def _check_width(self, vectors: Vectors) -> None:
        """An EncoderError with the line of the pair file where `dims` are wider than what a model gives."""
        pair, name = self._filling.pair, self._filling.system
        if vectors.shape[1] < self._width:
            own = ("systems", name, "dims") if pair.dense[name].dims else ("dims",)
            raise EncoderError(
                f"{line_in(pair.file, *own)}: {self._subject}",
                f"gives vectors of {vectors.shape[1]} dimensions",
                wanted=f"{self._width} at least",
                remedy=TOO_WIDE,
            )


def told_more(progress: Callable[[int], None], before: int, count: int) -> None:
    """`progress` of what comes after `before`."""
    progress(before + count)


def encoded(
    encoder: Encoder, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None
) -> tuple[Vectors, dict[int, str]]:
    """(n, d) float32 of `texts`, and place -> why, of those without a vector, where there is one of any."""
    try:
        return encoder.encode_documents(texts, progress=progress), {}
    except TextsWithoutVectors as fault:
        return fault.vectors, dict(fault.rows)
