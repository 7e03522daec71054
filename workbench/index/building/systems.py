"""All vectors of one system: what is known of them is settled, then its units are filled by an engine."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from workbench.core.documents import content_hash, format_document
from workbench.core.domain import Article
from workbench.core.errors import EncoderError, IndexFault
from workbench.core.settings import Pair, StoredAt
from workbench.core.vectors import Vectors, truncate_dim
from workbench.encoders import Encoder, EncoderDescription
from workbench.index.building.data_files import DataFolder
from workbench.index.building.engine import Engine, LocalEngine
from workbench.index.building.filling import (
    BATCH,
    Filling,
    Job,
    KnownRows,
    encoded,
    staged_file,
    told_more,
    vectors_in,
)
from workbench.index.building.finished import HASH, FinishedIndex
from workbench.index.building.known import Kin, Known, known_of
from workbench.index.building.staged import Filled, Staged, group_of
from workbench.index.building.units import Unit, articles_of, hashes_of
from workbench.index.columns import weights_of_both
from workbench.index.precomputed import SAME_SCORES, SAMPLE, PrecomputedVectors, same_scores

SURE = 16  # vectors of an index that are compared with those of a server before all are taken over

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Work:
    """What building the vectors of every system needs.

    `wanted`: those that are to be built now, the others stay; `left_out`: articles that have no row for the sake of one of
    these, by system and `doc_id`: content hash and why.
    """

    uri: str
    wanted: Sequence[str]
    pair: Pair
    units: Sequence[Unit]
    holders: Sequence[FinishedIndex]
    encoders: Mapping[str, Encoder]
    offers: Mapping[str, Callable[[], PrecomputedVectors]]
    engine: Engine
    progress: Progress
    skip_failed: bool
    left_out: Mapping[str, Mapping[str, list[str]]]

    @property
    def rows(self) -> int:
        return sum(unit.rows for unit in self.units)


@dataclass(frozen=True)
class Built:
    """One system's vectors, a unit at a time.

    `build`: what made them, as recorded in `builds`; `encoded`, `taken`: how many were encoded now, or taken over from a
    source.
    """

    filled: Mapping[str, Filled]
    build: Mapping[str, str]
    encoded: int
    taken: int
    notes: Sequence[str]


@dataclass(frozen=True)
class _Survey:
    """What there is of a system, unit by unit: vectors that stay, those that are staged as whole, and what is to be filled."""

    stay: Mapping[str, Filled]
    whole: Mapping[str, Filled]
    jobs: Sequence[Job]

    @property
    def missing(self) -> int:
        return sum(job.missing for job in self.jobs)


class SystemBuild:
    """One system of a build; `dims`: its columns, widest first; `gone`: rows of units that are left out for another's sake."""

    def __init__(
        self, work: Work, name: str, dims: Sequence[int], gone: Mapping[str, Collection[int]]
    ) -> None:
        self._work, self._name, self._dims, self._gone = work, name, tuple(dims), gone
        self._is_wanted = name in work.wanted
        self._encoder, self._label = work.encoders[name], work.pair.systems[name].label
        self._folder = DataFolder(work.uri)

    def run(self) -> Built:
        """Encodes what is not there yet; the model is released."""
        known, notes, taken = self._known(), list[str](), 0
        survey = self._survey(known)
        if survey.missing and not self._is_wanted:
            raise IndexFault(
                self._work.uri,
                f"has no vectors of {self._label} for {survey.missing:,} of the articles, as the corpus has changed",
                remedy=f"build all systems together: --systems {','.join([*self._work.wanted, self._name])}",
            )
        unsure = bool(known and known.is_unsure) and self._is_wanted
        if survey.missing or unsure:
            needed = bool(survey.missing) or not (known and known.lacks_address)
            notes += self._prepared(needed=needed)
            known = self._known()  # a hub may now tell which commit it gives: another one makes other vectors
            if known and unsure:
                known, note = self._sure(known)
                notes += [note] if note else []
            survey = self._survey(known)
        if survey.missing and self._name in self._work.offers:
            taken, note = self._take_over(survey)
            notes.append(note)
            survey = self._survey(known)
        return self._filled(survey, known, taken, notes)

    def _filled(self, survey: _Survey, known: Known | None, taken: int, notes: Sequence[str]) -> Built:
        done = self._work.rows - survey.missing
        self._tell(done)
        filled = {**survey.stay, **survey.whole}
        failed, tried = list[tuple[Article, str]](), 0
        units = {unit.name: unit for unit in self._work.units}
        filling = self._filling(done)

        def take(found: Filled) -> None:
            nonlocal tried
            filled[found.unit] = found
            tried += found.encoded + len(found.failed)
            if found.failed:
                articles = articles_of(self._folder, units[found.unit])
                failed.extend((articles[row], why) for row, why in found.failed.items())
                filling.check_failed(failed, tried)

        copied = [job for job in survey.jobs if not job.missing]
        LocalEngine().fill(filling, copied, self._encoder, take, lambda _: None)
        made_by = self._encoder.description
        if encoding := [job for job in survey.jobs if job.missing]:
            told = partial(told_more, self._tell, done)
            made_by = self._work.engine.fill(filling, encoding, self._encoder, take, told)
        count = sum(each.encoded for each in filled.values())
        build = self._record(known, made_by) if count or not known else dict(known.build)
        self._encoder.release()
        listed = dict(self._work.left_out.get(self._name, {}))
        listed |= {article.doc_id: [content_hash(article), why] for article, why in failed}
        build["skipped"] = json.dumps(listed, ensure_ascii=False) if listed else ""
        return Built(filled, build, count, taken, notes)

    # What is known

    def _known(self) -> Known | None:
        addresses = {encoder.description.address for encoder in self._work.encoders.values()}
        kin = Kin(self._work.pair.elsewhere(self._name), frozenset(addresses))
        return known_of(self._work.holders, self._name, self._encoder.description, self._dims[0], kin)

    def _survey(self, known: Known | None) -> _Survey:
        staged = Staged(self._work.uri, group_of(self._encoder, self._dims[0]))
        stay, whole, jobs = dict[str, Filled](), dict[str, Filled](), list[Job]()
        for unit in self._work.units:
            if found := self._staying(unit, known):
                stay[unit.name] = found
                continue
            there = staged_file(self._folder, staged, unit.name)
            if there and there.key == unit.key and set(self._dims) <= there.places.keys():
                whole[unit.name] = there
            else:
                jobs.append(self._job(unit, known, staged, there))
        return _Survey(stay, whole, jobs)

    def _staying(self, unit: Unit, known: Known | None) -> Filled | None:
        """The vectors of a unit where they stay as they are, in the index that is built."""
        here = known if known and known.old.index.uri == self._work.uri else None
        places = here.places(unit, self._dims) if here else None
        if not here or not places:
            return None
        return Filled(unit.name, unit.key, places, here.digests(unit, self._dims), unit.texts[HASH])

    def _job(self, unit: Unit, known: Known | None, staged: Staged, there: Filled | None) -> Job:
        hashes = hashes_of(self._folder, unit)
        lacking = np.ones(unit.rows, bool)
        rows = None
        if known:
            positions = known.positions(unit, hashes)
            held = np.flatnonzero(positions >= 0)
            rows = KnownRows(known.old.index.uri, known.column, held, positions[held])
            lacking[held] = False
        gone = tuple(sorted(self._gone.get(unit.name, ())))
        lacking[list(gone)] = False
        digests = {each for found, _ in staged.parts(unit.name) for each in found}
        if there:
            digests.update(each for found, _ in vectors_in(self._folder, there) for each in found)
        missing = sum(bool(lacking[row]) and each not in digests for row, each in enumerate(hashes))
        return Job(unit, rows, missing, gone)

    def _prepared(self, *, needed: bool) -> list[str]:
        """Notes of a model that is ready; where it is not `needed`, also on why it is not."""
        try:
            return self._encoder.prepare()
        except EncoderError as fault:
            if needed:
                raise
            return [f"{self._label}: vectors taken as they are, without comparing any: {fault}"]

    # What can be taken over

    def _sure(self, known: Known) -> tuple[Known | None, str]:
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

    def _take_over(self, survey: _Survey) -> tuple[int, str]:
        """Stages vectors that a source brought along, if a sample of them is what this system's model gives; how many, and why or why not."""
        offer, hashes = self._work.offers[self._name](), dict[str, list[str]]()
        for job in survey.jobs:
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
        taken = self._stage(offer, hashes, self._work.rows - survey.missing)
        return taken, (
            f"{self._label}: {taken:,} vectors taken over (least cosine {cosine:.4f} in a sample of {len(sample)})"
        )

    def _stage(self, offer: PrecomputedVectors, hashes: Mapping[str, Sequence[str]], done: int) -> int:
        staged, taken = Staged(self._work.uri, group_of(self._encoder, self._dims[0])), 0
        for name, own in hashes.items():
            for start in range(0, len(own), BATCH):
                if found := offer.vectors(own[start : start + BATCH]):
                    vectors = truncate_dim(np.stack(list(found.values())), self._dims[0])
                    staged.add(name, list(found), vectors)
                    taken += len(found)
                    self._tell(done + taken)
        return taken

    def _articles_by_hash(self, units: set[str], wanted: Any) -> dict[str, Article]:
        found = dict[str, Article]()
        for unit in (each for each in self._work.units if each.name in units):
            pairs = zip(hashes_of(self._folder, unit), articles_of(self._folder, unit), strict=True)
            found |= {each: article for each, article in pairs if each in wanted}
        return found

    # What is encoded

    def _encoded(self, articles: Sequence[Article]) -> tuple[Vectors, dict[int, str]]:
        template = self._work.pair.dense[self._name].document_template
        return encoded(self._encoder, [format_document(article, template) for article in articles])

    def _filling(self, done: int) -> Filling:
        return Filling(
            uri=str(self._work.uri),
            storage_options=self._work.uri.options if isinstance(self._work.uri, StoredAt) else {},
            pair=self._work.pair,
            system=self._name,
            group=group_of(self._encoder, self._dims[0]),
            dims=self._dims,
            skip_failed=self._work.skip_failed,
            done=done,
        )

    def _record(self, known: Known | None, made_by: EncoderDescription) -> dict[str, str]:
        """What made the vectors of one system, some of them now."""
        made = asdict(made_by) | {"fingerprint": self._encoder.document_fingerprint}
        if known:
            made["weights"] = weights_of_both(known.build, made_by)
        return made

    def _tell(self, done: int) -> None:
        self._work.progress(self._name, done, self._work.rows)
