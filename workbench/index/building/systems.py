"""All vectors of one system: what is known of them is settled, then its units are filled by an engine."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from workbench.core.documents import content_hash
from workbench.core.domain import Article
from workbench.core.errors import EncoderError, IndexFault
from workbench.core.settings import StoredAt
from workbench.encoders import EncoderDescription
from workbench.index.building.data_files import DataFolder
from workbench.index.building.engine import LocalEngine
from workbench.index.building.filling import told_more
from workbench.index.building.finished import HASH
from workbench.index.building.jobs import Filling, Job, KnownRows
from workbench.index.building.known import Kin, Known, known_of
from workbench.index.building.staged import Filled, Staged, group_of
from workbench.index.building.taking_over import TakingOver
from workbench.index.building.units import Unit, articles_of, hashes_of
from workbench.index.building.vector_files import staged_file, vectors_in
from workbench.index.building.work import Work
from workbench.index.columns import weights_of_both


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
        self._taking_over = TakingOver(work, name, self._dims[0])

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
                known, note = self._taking_over.sure(known)
                notes += [note] if note else []
            survey = self._survey(known)
        if survey.missing and self._name in self._work.offers:
            taken, note = self._taking_over.offered(survey.jobs, self._work.rows - survey.missing)
            notes.append(note)
            survey = self._survey(known)
        return self._filled(survey, known, taken, notes)

    def _filled(self, survey: _Survey, known: Known | None, taken: int, notes: Sequence[str]) -> Built:
        done = self._work.rows - survey.missing
        tell = partial(self._work.tell, self._name)
        tell(done)
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
            told = partial(told_more, tell, done)
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
