"""Vectors that others made of one system's texts, taken over where a sample of them is what its encoder gives."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workbench.core.documents import format_document
from workbench.core.domain import Article
from workbench.core.errors import EncoderError
from workbench.core.vectors import Vectors, truncate_dim
from workbench.index.building.data_files import DataFolder
from workbench.index.building.filling import BATCH, encoded
from workbench.index.building.jobs import Job
from workbench.index.building.known import Known
from workbench.index.building.staged import Staged, group_of
from workbench.index.building.units import articles_of, hashes_of
from workbench.index.building.work import Work
from workbench.index.precomputed import SAME_SCORES, SAMPLE, PrecomputedVectors, same_scores

SURE = 16  # vectors of an index that are compared with those of a server before all are taken over


class TakingOver:
    """For one system of a build; `width`: its widest dimension."""

    def __init__(self, work: Work, name: str, width: int) -> None:
        self._work, self._name, self._width = work, name, width
        self._encoder, self._label = work.encoders[name], work.pair.systems[name].label
        self._folder = DataFolder(work.uri)

    def sure(self, known: Known) -> tuple[Known | None, str]:
        """`known` where a sample of its vectors is what this system's server gives now, else None; and a note on it.

        A column of which no address is recorded, or another one, at which no system of the pair is any more.
        """
        articles, positions = self._sample(known)
        try:
            ours, failed = self._encoded(articles) if articles else (np.empty((0, 0), np.float32), {})
        except EncoderError:
            if not known.lacks_address:
                raise
            return known, ""  # it may be away, and nothing else speaks against these vectors
        kept = [place for place in range(len(articles)) if place not in failed]
        theirs = known.vectors_at([positions[place] for place in kept]) if kept else ours
        was = f"an index of {known.built_at or 'no recorded address'}"
        if not kept or ours.shape[1] < theirs.shape[1]:
            return (
                None,
                f"{self._label}: vectors of {was} cannot be compared with this server's: encoding anew",
            )
        cosine = same_scores(truncate_dim(ours[kept], theirs.shape[1]), theirs)
        if cosine < SAME_SCORES:
            return None, (
                f"{self._label}: vectors of {was} are not this server's (least cosine {cosine:.4f} of {len(kept)}): encoding anew"
            )
        address = self._encoder.description.address
        return known.at(address), (
            f"{self._label}: vectors of {was} are those of {address} (least cosine {cosine:.4f} of {len(kept)})"
        )

    def _sample(self, known: Known) -> tuple[list[Article], list[int]]:
        """Articles from everywhere that have a vector there, and in which row."""
        units = self._work.units[:: max(1, len(self._work.units) // SURE)][:SURE]
        each = -(-SURE // max(len(units), 1))
        articles, positions = list[Article](), list[int]()
        for unit in units:
            found = known.positions(unit, hashes_of(self._folder, unit))
            held = np.flatnonzero(found >= 0)
            rows = held[:: max(1, len(held) // each)][:each].tolist()
            texts = articles_of(self._folder, unit) if rows else []
            articles += [texts[row] for row in rows]
            positions += found[rows].tolist()
        return articles, positions

    def offered(self, jobs: Sequence[Job], done: int) -> tuple[int, str]:
        """Stages vectors that a source brought along, if a sample of them is what this system's model gives; how many, and why or why not."""
        offer, hashes = self._work.offers[self._name](), dict[str, list[str]]()
        for job in jobs:
            held = set(job.known.rows.tolist()) if job.known else set()
            own = enumerate(hashes_of(self._folder, job.unit))
            hashes[job.unit.name] = [each for row, each in own if row not in held and each in offer.keys]
        offered = [(name, each) for name, own in hashes.items() for each in own]
        drawn = offered[:: max(1, len(offered) // SAMPLE)]
        sample = offer.vectors([each for _, each in drawn])
        if not sample:
            return 0, f"{self._label}: the vectors that came along are for none of these articles"
        articles = self._articles_by_hash({name for name, _ in drawn}, sample.keys())
        ours, failed = self._encoded([articles[each] for each in sample])
        theirs = np.stack(list(sample.values()))
        kept = [place for place in range(len(sample)) if place not in failed]
        cosine = same_scores(ours[kept], theirs[kept]) if kept and ours.shape == theirs.shape else 0.0
        if cosine < SAME_SCORES:
            return 0, (
                f"{self._label}: the vectors that came along are not this model's (least cosine {cosine:.4f} of {len(sample)}): encoding anew"
            )
        taken = self._stage(offer, hashes, done)
        return taken, (
            f"{self._label}: {taken:,} vectors taken over (least cosine {cosine:.4f} in a sample of {len(sample)})"
        )

    def _stage(self, offer: PrecomputedVectors, hashes: Mapping[str, Sequence[str]], done: int) -> int:
        staged, taken = Staged(self._work.uri, group_of(self._encoder, self._width)), 0
        for name, own in hashes.items():
            for start in range(0, len(own), BATCH):
                if found := offer.vectors(own[start : start + BATCH]):
                    vectors = truncate_dim(np.stack(list(found.values())), self._width)
                    staged.add(name, list(found), vectors)
                    taken += len(found)
                    self._work.tell(self._name, done + taken)
        return taken

    def _articles_by_hash(self, units: set[str], wanted: Any) -> dict[str, Article]:
        found = dict[str, Article]()
        for unit in (each for each in self._work.units if each.name in units):
            pairs = zip(hashes_of(self._folder, unit), articles_of(self._folder, unit), strict=True)
            found |= {each: article for each, article in pairs if each in wanted}
        return found

    def _encoded(self, articles: Sequence[Article]) -> tuple[Vectors, dict[int, str]]:
        template = self._work.pair.dense[self._name].document_template
        return encoded(self._encoder, [format_document(article, template) for article in articles])
