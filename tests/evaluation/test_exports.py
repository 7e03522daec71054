"""Files for other tools: TREC runs and qrels, CSV that no spreadsheet takes for a program."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import ir_measures
import pandas as pd
import pytest
from ir_measures import RR

from tests.tables import by_hand
from workbench.core.domain import Article, Hit, Level, Query
from workbench.core.errors import QueryError
from workbench.corpora.citations import Resolver
from workbench.corpora.report import SourceReport
from workbench.evaluation.exports import source_names, trec_files, trec_qrels, trec_run, write_text
from workbench.evaluation.tables import all_ranks, csv_text
from workbench.query_sets.formats import parse_queries, read_queries
from workbench.query_sets.query_set import QuerySet, resolve_qrels


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
    written = csv_text(pd.DataFrame({"query": [text], "gain": [-0.5]})).encode().decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(written, newline=""))
    assert row == {"query": "'" + text, "gain": "-0.5"}


def test_the_table_of_all_queries_is_a_query_set_again() -> None:
    whole = by_hand()
    first, *rest = whole.query_set.judged
    formula = replace(whole.query_set, judged=(replace(first, text="=1+1"), *rest))
    report = SourceReport()
    written = csv_text(all_ranks(replace(whole, query_set=formula))).encode()
    queries = parse_queries(written, "queries.csv", report=report)
    assert [query.text for query in queries] == ["=1+1", *(query.text for query in rest)]
    assert {query.query_id: {citation.doc_id for citation in query.relevant} for query in queries} == {
        query_id: set(row) for query_id, row in whole.query_set.qrels.items()
    }
    (said,) = report.said()
    assert said.startswith("queries.csv: column query as text; not read: ")


DOCUMENTS = [
    Article("渡口", "d1", "甲", Level.LAW, source_id="d1"),
    Article("渡口", "d 2", "乙", Level.LAW, source_id="d 2"),  # TREC's fields end with white space
    Article("渡口法", "第一条", "丙", Level.LAW, source_id="twice"),
    Article("渡口法", "第二条", "丁", Level.LAW, source_id="twice"),
    Article("渡口法", "第三条", "戊", Level.LAW),
    Article("渡口法", "第四条", "己", Level.LAW, source_id="渡口法#第三条"),  # another one is called so
]


def test_documents_are_called_what_their_source_calls_them(tmp_path: Path) -> None:
    names = source_names(DOCUMENTS)
    assert names == {"渡口#d1": "d1"}
    qrels = {"q1": {article.doc_id: 1 for article in DOCUMENTS}}
    query_set = QuerySet("set", (Query("q1", "谁"),), qrels)
    run = {"base_16": {"q1": [Hit("渡口#d1", 0.5), Hit("渡口法#第一条", 0.25)]}}
    files = trec_files(query_set, run, names)
    assert [line.split()[2] for line in files["base_16.run"].splitlines()] == ["d1", "渡口法#第一条"]
    for name, text in files.items():
        write_text(text, tmp_path / name)
    assert resolve_qrels("again", read_queries(tmp_path), Resolver(DOCUMENTS)).qrels == qrels
    own = ir_measures.read_trec_qrels("q1 0 d1 1\n")
    assert (
        ir_measures.calc_aggregate([RR], list(own), list(ir_measures.read_trec_run(files["base_16.run"])))[RR]
        == 1
    )
