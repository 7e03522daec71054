"""What the page keeps open between runs: the pair at work, the query sets and their measures."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import streamlit as st

from workbench._workbench import Workbench
from workbench.core.dimensions import ALL, own_dim
from workbench.core.domain import Query
from workbench.core.errors import QueryError
from workbench.core.settings import Pair
from workbench.evaluation.asking import Answer
from workbench.evaluation.experiment import Experiment
from workbench.index import Filter, training_version
from workbench.page.choices import View
from workbench.page.query_sets import all_sets, own_sets_of
from workbench.query_sets.contamination import Contamination
from workbench.query_sets.own_sets import OwnSets
from workbench.query_sets.query_set import QuerySet
from workbench.query_sets.reviews import Reviews

_AT_ONCE = BoundedSemaphore(4)  # questions searched at the same time: more only get into each other's way
NONE = frozenset[str]()
CACHE_BYTES = 2**30  # of vector columns, so that a question does not stream them anew


@dataclass(frozen=True)
class Services:
    """Everything that a section needs; shared by all sessions, so nothing in it changes."""

    workbench: Workbench
    reviews: Reviews
    own_sets: OwnSets
    described: str  # the pair and the home folder: what is cached for one is not another's

    @property
    def pair(self) -> Pair:
        return self.workbench.pair

    def label(self, system: str) -> str:
        return self.pair.systems[system].label

    def labels(self, view: View) -> dict[str, str]:
        """What the two systems compared are called, the baseline first."""
        return self._labels(view, view.systems)

    def column_labels(self, view: View) -> dict[str, str]:
        """What the systems in Search's columns are called."""
        return self._labels(view, view.columns)

    def all_labels(self, view: View) -> dict[str, str]:
        """What all systems are called that the chosen query set measures."""
        return self._labels(view, self.whole(view).evaluations)

    def _labels(self, view: View, systems: Iterable[str]) -> dict[str, str]:
        """With the dimension behind it where a system's vectors are of another than the chosen one."""
        own = {name: own_dim(self.pair.dims_of(name), view.dim) for name in systems}
        return {
            name: self.label(name) + (f" · {dim}" if dim not in (ALL, view.dim) else "")
            for name, dim in own.items()
        }

    def query_set(self, name: str) -> QuerySet:
        """The pair's own set of that name, or one from the home folder, as it is now."""
        return self._read(name, self.query_set_file(name))

    def query_set_file(self, name: str) -> Path:
        """Where that query set is read from."""
        return all_sets(self.pair, self.own_sets)[name]

    def _read(self, name: str, path: Path) -> QuerySet:
        return _resolved(
            self.workbench, self.described, self.workbench.index.build_id, str(path), name, _state(path)
        )

    def find(self, text: str, first: str) -> tuple[str, list[Query]] | None:
        """The query set and its judged queries that have this text; the set `first` is looked through first.

        A damaged set is passed over: choosing it says what is wrong with it.
        """
        for query_set in self.readable_sets(first):
            if queries := [query for query in query_set.judged if query.text == text]:
                return query_set.name, queries
        return None

    def readable_sets(self, first: str) -> Iterator[QuerySet]:
        """All query sets but damaged ones, `first` before the others."""
        for name, path in sorted(
            all_sets(self.pair, self.own_sets).items(), key=lambda item: item[0] != first
        ):
            with suppress(QueryError):
                yield self._read(name, path)

    def experiment(self, view: View) -> Experiment:
        """The chosen query set's measures for the two systems compared."""
        whole = self.whole(view)
        for name in view.systems:
            if name not in whole.evaluations:
                self.workbench.rankers[name].check(whole.query_set.judged, whole.query_set.name)
        return whole.only(view.baseline, view.system)

    def whole(self, view: View) -> Experiment:
        """The chosen query set's measures for all systems that it can be measured with."""
        query_set = self.query_set(view.query_set)
        build_id = self.workbench.index.build_id
        return _experiment(
            self.workbench, self.described, build_id, query_set.name, query_set.fingerprint, query_set
        )

    def contamination(self, view: View) -> Contamination | None:
        """What training has seen of the chosen query set; None where the index does not know that."""
        query_set = self.query_set(view.query_set)
        uri = self.workbench.index.uri
        version = training_version(uri)
        return _contamination(
            self.workbench, self.described, uri, version, query_set.name, query_set.fingerprint, query_set
        )

    def triplets(self, query_set: QuerySet, system: str, only: str | None) -> str:
        """A system's wrong results as `workbench mine` writes them; `only`: of which queries, by default of all."""
        return "".join(self.workbench.mine(query_set, system=system, only=only).lines())

    def costs(self) -> dict[str, Any]:
        """What searches cost by system, where it was measured; systems with the same columns cost the same."""
        return self.workbench.known_costs()

    def ask(
        self,
        view: View,
        text: str,
        depth: int,
        where: Filter,
        relevant: frozenset[str],
        ann: bool,
        ranks: bool,
        query_id: str = "",
        own_documents: frozenset[str] = NONE,
    ) -> Answer:
        """The answers of the systems in Search's columns to one question; `query_id`: by which run files know it.

        `own_documents`: those that are the question itself, which are left out.
        """
        build_id = self.workbench.index.build_id
        return _answer(
            self.workbench,
            self.described,
            build_id,
            text,
            query_id,
            view.columns,
            view.dim,
            depth,
            where,
            relevant,
            own_documents,
            ann,
            ranks,
        )


def _state(path: Path) -> tuple[int, int]:
    """Changes with a query set: the time of its newest file, and the bytes of all."""
    states = [file.stat() for file in ([path] if path.is_file() else [*path.rglob("*"), path])]
    return max(state.st_mtime_ns for state in states), sum(state.st_size for state in states)


def open_services(pair: Pair, home: Path) -> Services:
    """What all sessions share; opened once, and anew where the pair file changed."""
    return _open(repr(pair), home, pair)


@st.cache_resource(show_spinner=False)
def _open(described: str, home: Path, _pair: Pair) -> Services:
    """Opens the index of a pair; raises WorkbenchError where something is missing or does not fit."""
    workbench = Workbench(_pair, home, cache_bytes=CACHE_BYTES)
    _ = workbench.index, workbench.resolver  # opened here, once, and not by the sessions that use them
    described = f"{described} {home}"
    return Services(workbench, Reviews(workbench.reviews_file), own_sets_of(_pair, home), described)


# In what follows, the arguments that are not used in the body are what a result depends on.


@st.cache_resource(show_spinner=False, max_entries=64)
def _resolved(
    _workbench: Workbench, described: str, build_id: str, path: str, name: str, state: tuple[int, int]
) -> QuerySet:
    return _workbench.resolve(path, name)


@st.cache_resource(show_spinner=False, max_entries=32)
def _experiment(
    _workbench: Workbench, described: str, build_id: str, name: str, fingerprint: str, _query_set: QuerySet
) -> Experiment:
    return _workbench.evaluate(_query_set, cached=True, measurable=True)


@st.cache_resource(show_spinner=False, max_entries=32)
def _contamination(
    _workbench: Workbench,
    described: str,
    uri: str,
    version: int,
    name: str,
    fingerprint: str,
    _query_set: QuerySet,
) -> Contamination | None:
    return _workbench.contamination(_query_set)


@st.cache_resource(show_spinner=False, max_entries=1_000)
def _answer(
    _workbench: Workbench,
    described: str,
    build_id: str,
    text: str,
    query_id: str,
    systems: tuple[str, ...],
    dim: int,
    depth: int,
    where: Filter,
    relevant: frozenset[str],
    own_documents: frozenset[str],
    ann: bool,
    ranks: bool,
) -> Answer:
    as_far_as_there_are_some = ann and _workbench.index.is_large
    with _AT_ONCE:
        return _workbench.ask(
            text,
            query_id=query_id,
            dim=dim,
            depth=depth,
            systems=systems,
            relevant=relevant,
            own_documents=own_documents,
            where=where or None,
            ann=None if as_far_as_there_are_some else ann,
            ranks=ranks,
        )
