"""What the page keeps open between runs: the pair, the index, the encoders, the query sets and their measures."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import streamlit as st

from workbench.building import query_vectors
from workbench.citations import Resolver
from workbench.encoders import Encoder, QueryVectors, encoders_for
from workbench.index import Index
from workbench.judging import Judgement, judge_systems
from workbench.queries import QuerySet, judge, read_queries
from workbench.settings import Pair, home_folder, read_pair


@dataclass(frozen=True)
class Services:
    """Everything that a section needs; shared by all sessions, so nothing in it changes."""

    pair: Pair
    index: Index
    encoders: Mapping[str, Encoder]
    vectors: QueryVectors
    query_sets: Mapping[str, QuerySet]

    @cached_property
    def judged(self) -> dict[str, tuple[str, frozenset[str]]]:
        """Known questions: text -> (query_id, relevant doc_ids)."""
        return {
            query.text: (query.query_id, frozenset(query_set.qrels[query.query_id]))
            for query_set in self.query_sets.values()
            for query in query_set.judged
        }


@st.cache_resource(show_spinner=False)
def open_services(pair_name: str, home_name: str | None) -> Services:
    """Opens the index of a pair; raises WorkbenchError where something is missing or does not fit."""
    pair, home = read_pair(pair_name), home_folder(home_name)
    encoders = encoders_for(pair, home)
    index = Index(pair.index_uri(home)).require(pair, encoders)
    resolver = Resolver(index.articles().values()) if pair.queries else None
    query_sets = {Path(path).stem: judge(Path(path).stem, read_queries(path), resolver) for path in pair.queries if resolver}
    return Services(pair, index, encoders, query_vectors(home), query_sets)


@st.cache_resource(show_spinner=False, max_entries=32)
def judgement(_services: Services, build_id: str, query_set: str, fingerprint: str) -> Judgement:
    """Measures of one query set at every dimension; the last two arguments are what a result depends on."""
    pair = _services.pair
    return judge_systems(
        _services.query_sets[query_set],
        index=_services.index,
        encoders=_services.encoders,
        vectors=_services.vectors,
        dims=pair.dims,
        width=max(pair.dims),
    )
