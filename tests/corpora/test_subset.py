"""A part of a corpus: by a condition, by a number, and as an index keeps it."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import ARTICLES, CODE, LAW, OLD_FERRY
from workbench.core.domain import Article, Level
from workbench.core.errors import CorpusError
from workbench.corpora.subset import Subset

MANY = [Article(law=f"法{number:03}", article="第一条", text="同", level=Level.LAW) for number in range(200)]


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("", 7),
        ("scope = 'national'", 4),
        ("scope = 'local' AND region = '甲省'", 2),
        (f"law = '{CODE}'", 1),
        ("law LIKE '%渡口法'", 3),
        ("level IN ('法律')", 4),
        ("synthetic", 3),
        ("NOT synthetic", 4),
        (f"implements = '{LAW}' OR length(text) < 10", 3),
        ("1 = 1 -- and a comment", 7),
        ("1", 7),
        ("law = '渡口法'", 3),  # names as in citations
        ("law IN ('《灯塔法》', '渡口法')", 4),
        ("law <> '中华人民共和国 渡口法'", 4),
    ],
)
def test_a_condition(where: str, count: int) -> None:
    kept = list(Subset(where).select(ARTICLES))
    assert len(kept) == count
    assert kept == [article for article in ARTICLES if article in kept]  # in their order


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (
            "scoop = 'national'",
            r"--where scoop = 'national': is no condition \(no such column: scoop\); wanted: SQL on law, article, text,",
        ),
        ("scope = ", "is no condition .*syntax error"),
        ("scope = 'national'; DROP TABLE articles", "is no condition"),
        ("1) UNION SELECT 0", "is no condition"),
        ("0) UNION SELECT 'x' UNION SELECT 99 --", "is no condition|lets no article through"),
        ("1; SELECT 1", "is no condition"),
        ("load_extension('x')", "is no condition"),
        ("scope = 'planetary'", "lets no article through; loosen it; the fields are law, article, text,"),
        ("0", "lets no article through"),
        ("\0", "is no condition"),
        ("\ud800", "is no condition"),
        ("'" * 3, "is no condition"),
        ("(" * 5000 + "1" + ")" * 5000, "is no condition"),
    ],
)
def test_a_condition_that_is_none(where: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        Subset(where).select(ARTICLES)


def test_a_condition_reaches_no_file(tmp_path: Path) -> None:
    for where in (
        f"writefile('{tmp_path}/x', 'x')",
        f"1); ATTACH '{tmp_path}/x' AS x; --",
        f"readfile('{tmp_path}')",
    ):
        with pytest.raises(CorpusError, match="is no condition"):
            Subset(where).select(ARTICLES)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_corpus_and_a_condition() -> None:
    with pytest.raises(CorpusError, match="lets no article through"):
        Subset("1").select([])


def test_a_larger_limit_adds_to_a_smaller_one() -> None:
    chosen = [list(Subset(limit=limit).select(MANY)) for limit in (1, 2, 20, 21, 199, 200, 1000)]
    assert [len(one) for one in chosen] == [1, 2, 20, 21, 199, 200, 200]
    for smaller, larger in pairwise(chosen):
        assert set(smaller) <= set(larger)
        assert larger == sorted(larger, key=lambda article: article.doc_id)


def test_a_limit_takes_from_everywhere() -> None:
    places = [MANY.index(article) for article in Subset(limit=40).select(MANY)]
    assert all(sum(start <= place < start + 50 for place in places) >= 4 for start in range(0, 200, 50))


def test_a_limit_counts_what_the_condition_lets_through() -> None:
    kept = Subset("scope = 'local'", 2).select(ARTICLES)
    assert len(kept) == 2
    assert {article.scope.value for article in kept} == {"local"}


def test_a_law_is_named_by_the_date_of_its_version() -> None:
    new = [
        Article(LAW, number, "新", Level.LAW, published=published)
        for number, published in (("第一条", "2021-01-22"), ("第二条", "2023-01-01"))
    ]
    kept = Subset("law = '渡口法（2021年）'").select([OLD_FERRY, *new])  # told by its first article
    assert list(kept) == new


def test_a_part_of_a_part() -> None:
    half = Subset("law < '法100'").select(MANY)
    assert list(Subset(limit=150).select(half)) == list(half) == MANY[:100]
    assert list(Subset("law > '法097'").select(half)) == MANY[98:100]
    assert set(Subset(limit=7).select(half)) == set(Subset("law < '法100'", 7).select(MANY))


def test_what_a_condition_makes_up_is_no_article() -> None:
    assert list(Subset("0) UNION SELECT 99 UNION SELECT 2 WHERE (1").select(ARTICLES)) == [ARTICLES[1]]


@pytest.mark.parametrize("choice", [Subset(), Subset("law = '《x》'"), Subset(limit=3), Subset("1", 1)])
def test_it_is_kept_as_it_is(choice: Subset) -> None:
    assert Subset.recorded(choice.record) == choice
    assert bool(choice.record) == (choice != Subset())
