"""What the page keeps open between runs: the pair, the index, the encoders, the query sets and their measures."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import streamlit as st

from workbench._workbench import cached_rankings, open_index, query_vectors
from workbench.core.domain import Query
from workbench.core.errors import QueryError
from workbench.core.settings import Pair
from workbench.corpora.citations import Resolver
from workbench.encoders import Encoder, QueryVectors, encoders_for
from workbench.evaluation.asking import Answer, ask
from workbench.evaluation.costs import read_costs
from workbench.evaluation.experiment import Experiment, run_experiment
from workbench.index import Filter, Index, read_training, training_version
from workbench.page.choices import View
from workbench.page.query_sets import all_sets, own_sets_of
from workbench.query_sets.contamination import Contamination, TrainingQuery, contamination
from workbench.query_sets.formats import read_queries
from workbench.query_sets.own_sets import OwnSets
from workbench.query_sets.query_set import QuerySet, resolve_qrels
from workbench.query_sets.reviews import Reviews

_AT_ONCE = BoundedSemaphore(4)  # questions searched at the same time: more only get into each other's way
CACHE_BYTES = 2**30  # bytes of vector columns kept in memory, so that a question does not stream them anew


@dataclass(frozen=True)
class Services:
    """Everything that a section needs; shared by all sessions, so nothing in it changes."""

    pair: Pair
    home: Path
    index: Index
    encoders: Mapping[str, Encoder]
    vectors: QueryVectors
    resolver: Resolver
    reviews: Reviews
    own_sets: OwnSets

    def label(self, system: str) -> str:
        return self.pair.systems[system].label

    def labels(self, view: View) -> dict[str, str]:
        """What the two systems compared are called, the baseline first."""
        return {name: self.label(name) for name in view.systems}

    def query_set(self, name: str) -> QuerySet:
        """The pair's own set of that name, or one from the home folder, as it is now."""
        return self._read(name, all_sets(self.pair, self.own_sets)[name])

    def _read(self, name: str, path: Path) -> QuerySet:
        return _judged(self, self.index.build_id, str(path), name, _state(path))

    def find(self, text: str, first: str) -> tuple[str, Query] | None:
        """The query set and the judged query that has this text; the set `first` is looked through first.

        A damaged set is passed over: choosing it says what is wrong with it.
        """
        for name, path in sorted(
            all_sets(self.pair, self.own_sets).items(), key=lambda item: item[0] != first
        ):
            with suppress(QueryError):
                if query := next(
                    (query for query in self._read(name, path).judged if query.text == text), None
                ):
                    return name, query
        return None

    def experiment(self, view: View) -> Experiment:
        """The chosen query set's measures for the two systems compared."""
        query_set = self.query_set(view.query_set)
        return _judgement(self, self.index.build_id, query_set.name, query_set.fingerprint, query_set).only(
            *view.systems
        )

    def contamination(self, view: View) -> Contamination | None:
        """What training has seen of the chosen query set; None where the index does not know what training saw."""
        query_set = self.query_set(view.query_set)
        return _contamination(
            self.index.uri, training_version(self.index.uri), query_set.name, query_set.fingerprint, query_set
        )

    def costs(self) -> dict[str, Any]:
        """What searches cost by system, where it was measured; systems with the same columns cost the same."""
        known = read_costs(self.home, self.index.build_id)
        return {
            name: known[one]
            for name, owner in self.pair.owners.items()
            for one in (name, owner)
            if one in known
        }

    def ask(
        self, view: View, text: str, depth: int, where: Filter, relevant: frozenset[str], ann: bool
    ) -> Answer:
        """The two systems' answers to one question."""
        return _answer(self, self.index.build_id, text, view.systems, view.dim, depth, where, relevant, ann)


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
    pair = _pair
    encoders = encoders_for(pair, home)
    index = open_index(pair, home, encoders, cache_bytes=CACHE_BYTES)
    resolver = Resolver(index.citable())
    return Services(
        pair,
        home,
        index,
        encoders,
        query_vectors(home),
        resolver,
        Reviews(home / "reviews.sqlite"),
        own_sets_of(pair, home),
    )


# In what follows, the arguments that are not used in the body are what a result depends on.


@st.cache_resource(show_spinner=False, max_entries=64)
def _judged(_services: Services, build_id: str, path: str, name: str, state: tuple[int, int]) -> QuerySet:
    return resolve_qrels(name, read_queries(path), _services.resolver)


@st.cache_resource(show_spinner=False, max_entries=32)
def _judgement(
    _services: Services, build_id: str, name: str, fingerprint: str, _query_set: QuerySet
) -> Experiment:
    return run_experiment(
        _query_set,
        index=_services.index,
        encoders=_services.encoders,
        vectors=_services.vectors,
        dims=_services.pair.dims,
        width=max(_services.pair.dims),
        kept=cached_rankings(_services.home),
    )


@st.cache_resource(show_spinner=False, max_entries=4)
def _training(uri: str, version: int) -> list[TrainingQuery] | None:
    return read_training(uri)


@st.cache_resource(show_spinner=False, max_entries=32)
def _contamination(
    uri: str, version: int, name: str, fingerprint: str, _query_set: QuerySet
) -> Contamination | None:
    training = _training(uri, version)
    return None if training is None else contamination(_query_set, training)


@st.cache_resource(show_spinner=False, max_entries=1_000)
def _answer(
    _services: Services,
    build_id: str,
    text: str,
    systems: tuple[str, str],
    dim: int,
    depth: int,
    where: Filter,
    relevant: frozenset[str],
    ann: bool,
) -> Answer:
    with _AT_ONCE:
        return ask(
            text,
            index=_services.index,
            encoders={name: _services.encoders[name] for name in systems},
            vectors=_services.vectors,
            dim=dim,
            depth=depth,
            relevant=relevant,
            dims=_services.pair.dims,
            where=where or None,
            ann=ann,
        )
