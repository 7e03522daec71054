"""Files for other tools: TREC runs and qrels, CSV that no spreadsheet takes for a program."""

import csv
import io
from pathlib import Path

import ir_measures
import pandas as pd
import pytest
from ir_measures import RR

from tests.tables import by_hand
from workbench.core.domain import Hit
from workbench.core.errors import QueryError
from workbench.evaluation.exports import trec_files, trec_qrels, trec_run, write_text
from workbench.evaluation.tables import csv_text
from workbench.query_sets.formats import read_queries


def test_equal_scores_keep_their_ranks_in_other_tools() -> None:
    # other tools put the later doc_id first among equal scores, and read scores in float32
    run = {"q 1": [Hit("a", 0.5), Hit("b", 0.5), Hit("c", 0.5 - 1e-12), Hit("d", 0.25)]}
    text = trec_run(run, "base_768")
    assert [line.split()[:4] for line in text.splitlines()] == [
        ["q_1", "Q0", doc_id, str(place)] for place, doc_id in enumerate("abcd", 1)
    ]
    read = list(ir_measures.read_trec_run(text))
    for place, doc_id in enumerate("abcd", 1):
        qrels = list(ir_measures.read_trec_qrels(trec_qrels({"q 1": {doc_id: 1}})))
        assert ir_measures.calc_aggregate([RR], qrels, read)[RR] == pytest.approx(1 / place)


def test_topics_and_qrels_are_a_query_set_again(tmp_path: Path) -> None:
    whole = by_hand().query_set
    for name, text in trec_files(whole, {"base_16": {}}).items():
        write_text(text, tmp_path / name)
    queries = read_queries(tmp_path)
    assert {query.query_id: query.text for query in queries} == {
        query.query_id: query.text for query in whole.judged
    }
    assert {
        query.query_id: {citation.doc_id: citation.relevance for citation in query.relevant}
        for query in queries
    } == whole.qrels


def test_query_ids_that_white_space_tells_apart() -> None:
    with pytest.raises(QueryError, match='two of them are "q_1"'):
        trec_qrels({"q 1": {"a": 1}, "q_1": {"a": 1}})


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_begins_like_a_formula(text: str) -> None:
    (row,) = csv.DictReader(io.StringIO(csv_text(pd.DataFrame({"query": [text], "gain": [-0.5]}))))
    assert row == {"query": "'" + text, "gain": "-0.5"}
