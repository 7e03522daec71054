"""ANN indexes: built, recorded, searched, measured against exact search, dropped."""

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ARTICLES
from workbench.core.errors import IndexFault
from workbench.core.settings import Pair
from workbench.corpora.citations import Resolver
from workbench.encoders import QueryVectors, encoders_for
from workbench.evaluation.costs import measure_costs, summarise_costs
from workbench.evaluation.experiment import run_experiment
from workbench.evaluation.rankers import rankers_for
from workbench.index import Index, build, build_ann
from workbench.query_sets.formats import read_queries
from workbench.query_sets.query_set import resolve_qrels


@pytest.fixture
def uri(pair: Pair, tmp_path: Path) -> str:
    build(str(tmp_path / "index"), ARTICLES, pair, encoders_for(pair, tmp_path))
    return str(tmp_path / "index")


@pytest.mark.parametrize("kind", ["ivf_hnsw_sq", "ivf_pq"])
def test_every_column_gets_its_index_and_builds_says_so(kind: str, uri: str) -> None:
    before = Index(uri)
    build_ann(uri, kind)
    opened = Index(uri)
    assert {opened.ann(column)["kind"] for column in opened.builds} == {kind}
    assert opened.ann("base_16")["parameters"]["metric_type"] == "DOT"
    assert opened.ann("base_16")["bytes"] >= 0
    assert not before.ann("base_16")  # a page that is open goes on as it was
    vector = opened.vectors_at("base_16", [3])[0]
    assert opened.search("base", 16, vector, 3)[0].doc_id == opened.doc_ids[3]
    assert opened.search("base", 16, vector, 3, ann=True)[0].doc_id == opened.doc_ids[3]
    assert Index(uri).verify(ARTICLES) == []
    build_ann(uri, "none")
    assert not any(Index(uri).ann(column) for column in opened.builds)
    assert Index(uri).verify(ARTICLES) == []


def test_a_damaged_index_is_not_searched(uri: str) -> None:
    build_ann(uri, "ivf_hnsw_sq")
    file = max((Path(uri) / "articles.lance" / "_indices").rglob("*.*"), key=lambda path: path.stat().st_size)
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    opened = Index(uri)
    assert any(file.name in fault for fault in opened.verify(ARTICLES))
    with pytest.raises(IndexFault, match=f"the file {file.name} in .* is not what was written"):
        opened.search("base", 16, np.ones(16, np.float32), 3, ann=True)
    assert len(opened.search("base", 16, np.ones(16, np.float32), 3)) == 3


def test_an_index_that_is_there_is_not_built_again(uri: str) -> None:
    build_ann(uri, "ivf_hnsw_sq")
    built = Index(uri).ann("tuned_4")
    build_ann(uri, "ivf_hnsw_sq")
    assert Index(uri).ann("tuned_4") == built


def test_bad_input_is_named(uri: str) -> None:
    with pytest.raises(
        IndexFault, match=r"base_4: cannot have the index ivf_rq .*divisible by 8.*choose another kind"
    ):
        build_ann(uri, "ivf_rq")
    with pytest.raises(IndexFault, match='"hnsw": is unknown; wanted: one of ivf_rq'):
        build_ann(uri, "hnsw")
    opened = Index(uri)
    with pytest.raises(IndexFault, match="base_4: has no ANN index; run"):
        opened.search("base", 4, np.ones(16, np.float32), 3, ann=True)
    with pytest.raises(IndexFault, match="has no vector column base_8; wanted: one of base_16"):
        opened.search("base", 8, np.ones(16, np.float32), 3)


def test_the_loss_against_exact_search_is_measured_per_query(
    pair: Pair, pair_folder: Path, uri: str, tmp_path: Path
) -> None:
    build_ann(uri, "ivf_hnsw_sq")
    index, encoders, resolver = Index(uri), encoders_for(pair, tmp_path), Resolver(ARTICLES)
    vectors = QueryVectors(tmp_path / "query_vectors.sqlite")
    rankers = rankers_for(pair, index, encoders, vectors, lambda: resolver)
    query_set = resolve_qrels("tiny", read_queries(pair_folder / "queries.jsonl"), resolver)
    measured = run_experiment(query_set, index=index, rankers=rankers, dims=pair.dims)
    costs = measure_costs(measured, index=index, rankers=rankers)
    found = costs["tuned"][4].approximate
    assert found is not None
    assert set(found.recall) == {"q1", "q2", "q3", "q4"}
    assert all(0 <= value <= 1 for value in found.recall.values())
    for query_id, change in found.rr_change.items():  # where everything was found, nothing is lost
        if found.recall[query_id] == 1:
            assert change == 0
    assert summarise_costs(costs)["tuned"]["4"]["ann"]["kind"] == "ivf_hnsw_sq"


def test_a_new_build_drops_the_record_with_the_index(pair: Pair, uri: str, tmp_path: Path) -> None:
    build_ann(uri, "ivf_hnsw_sq")
    assert build(uri, ARTICLES[:-1], pair, encoders_for(pair, tmp_path)).replaced
    assert not any(Index(uri).ann(column) for column in Index(uri).builds)
