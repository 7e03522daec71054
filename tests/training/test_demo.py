"""The built demo: the claims that the README makes of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conftest import ROOT
from workbench.cli import main

pytestmark = pytest.mark.demo


@pytest.fixture(scope="module")
def result(demo_home: Path) -> dict[str, Any]:
    ran = CliRunner().invoke(
        main, ["evaluate", "--home", str(demo_home), "--queries", str(ROOT / "sample_queries" / "test.jsonl")]
    )
    assert ran.exit_code == 0, ran.stderr
    return json.loads(ran.stdout)


def test_tuned_beats_base_on_the_held_out_questions(result: dict[str, Any]) -> None:
    comparison = result["comparison"]["tuned"]["768"]
    assert (result["queries"]["judged"], result["queries"]["unresolved"]) == (120, 0)
    assert comparison["interval"][0] > 0
    assert comparison["delta"] == pytest.approx(
        result["systems"]["tuned"]["768"]["RR@10"] - result["systems"]["base"]["768"]["RR@10"]
    )


def test_tuning_confuses_national_with_local_less_often(result: dict[str, Any]) -> None:
    errors = {name: by_dim["768"]["outcomes"]["national→local"] for name, by_dim in result["systems"].items()}
    assert errors["tuned"] < errors["base"]


def test_the_measures_agree_with_sentence_transformers(demo_home: Path, result: dict[str, Any]) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator

    from workbench._pairs import read_pair
    from workbench.core.documents import format_document
    from workbench.corpora import read_corpus
    from workbench.corpora.citations import Resolver
    from workbench.query_sets.formats import read_queries
    from workbench.query_sets.query_set import resolve_qrels

    pair = read_pair("demo")
    articles = read_corpus(pair.corpus.sources, demo_home).articles
    query_set = resolve_qrels(
        "test", read_queries(ROOT / "sample_queries" / "test.jsonl"), Resolver(articles)
    )
    for name, system in pair.dense.items():
        evaluator = InformationRetrievalEvaluator(
            {query.query_id: query.text for query in query_set.judged},
            {article.doc_id: format_document(article, system.document_template) for article in articles},
            {query_id: set(relevant) for query_id, relevant in query_set.qrels.items()},
            mrr_at_k=[10], accuracy_at_k=[1, 10], ndcg_at_k=[10], precision_recall_at_k=[10], map_at_k=[10], name="x", write_csv=False,
        )  # fmt: skip
        theirs = evaluator(SentenceTransformer(str(demo_home / "models" / name), device="cpu"))
        ours = result["systems"][name]["768"]
        for measure, key in (
            ("RR@10", "mrr@10"),
            ("Success@1", "accuracy@1"),
            ("Success@10", "accuracy@10"),
            ("nDCG@10", "ndcg@10"),
        ):
            assert ours[measure] == pytest.approx(theirs[f"x_cosine_{key}"], abs=1e-6)


def test_the_index_is_as_it_should_be(demo_home: Path) -> None:
    ran = CliRunner().invoke(main, ["index", "verify", "--home", str(demo_home)])
    assert ran.exit_code == 0, ran.stderr
    assert "articles and 8 vector columns are as they should be" in ran.stdout
