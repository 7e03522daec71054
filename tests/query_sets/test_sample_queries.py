"""The sample queries resolve, keep training and test apart, and are asked in people's own words."""

from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from tests.conftest import ROOT
from workbench._pairs import read_pair
from workbench.core.domain import Article, Query, Scope
from workbench.corpora import read_corpus
from workbench.corpora.citations import Resolver
from workbench.query_sets.formats import read_queries
from workbench.query_sets.query_set import QuerySet, resolve_qrels

FOLDER = ROOT / "sample_queries"
LONG_PHRASE = 6  # characters in a row


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    return {
        article.doc_id: article for article in read_corpus(read_pair("demo").corpus.sources, Path()).articles
    }


@pytest.fixture(scope="module")
def sets(articles: dict[str, Article]) -> dict[str, QuerySet]:
    resolver = Resolver(articles.values())
    return {
        name: resolve_qrels(name, read_queries(FOLDER / f"{name}.jsonl"), resolver)
        for name in ("test", "train", "case_study")
    }


def answers(query_set: QuerySet) -> set[str]:
    return {doc_id for relevant in query_set.qrels.values() for doc_id in relevant}


@pytest.mark.parametrize(("name", "at_least"), [("test", 120), ("train", 600), ("case_study", 7)])
def test_every_citation_resolves(sets: dict[str, QuerySet], name: str, at_least: int) -> None:
    assert sets[name].unresolved == ()
    assert len(sets[name].judged) >= at_least
    assert all(query.relevant and query.topic and query.style for query in sets[name].judged)


def test_no_article_answers_in_both_training_and_test(sets: dict[str, QuerySet]) -> None:
    assert not answers(sets["train"]) & (answers(sets["test"]) | answers(sets["case_study"]))


def test_no_question_stands_twice(sets: dict[str, QuerySet]) -> None:
    texts = Counter(query.text for query_set in sets.values() for query in query_set.judged)
    assert [text for text, count in texts.items() if count > 1] == []


def test_the_test_set_is_spread(sets: dict[str, QuerySet], articles: dict[str, Article]) -> None:
    assert len({articles[doc_id].law for doc_id in answers(sets["test"])}) >= 40
    local = [
        relevant
        for relevant in sets["test"].qrels.values()
        if all(articles[doc_id].scope is Scope.LOCAL for doc_id in relevant)
    ]
    assert 18 <= len(local) <= 22


def test_questions_do_not_copy_their_articles(
    sets: dict[str, QuerySet], articles: dict[str, Article]
) -> None:
    def copied(query: Query) -> bool:
        texts = [articles[doc_id].text for doc_id in sets["test"].qrels[query.query_id]]
        return any(
            SequenceMatcher(None, query.text, text, autojunk=False).find_longest_match().size >= LONG_PHRASE
            for text in texts
        )

    assert sum(copied(query) for query in sets["test"].judged) <= 0.15 * len(sets["test"].judged)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("国有土地使用权出让费用缴纳规定", "中华人民共和国土地管理法#第五十五条"),
        ("介绍买卖毒品构成犯罪吗?", "中华人民共和国刑法#第三百四十七条"),
        ("抢劫罪一般判几年?", "中华人民共和国刑法#第二百六十三条"),
    ],
)
def test_the_model_cards_examples(sets: dict[str, QuerySet], text: str, answer: str) -> None:
    (query,) = [query for query in sets["case_study"].judged if query.text == text]
    assert answer in sets["case_study"].qrels[query.query_id]
