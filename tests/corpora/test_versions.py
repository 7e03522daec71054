"""Versions of a law: which is older, and from when the next one is in force."""

import pytest

from workbench.core.domain import Article, Level
from workbench.corpora.versions import Replacements, is_older_version, replaced_from, same_law


def article(
    law: str,
    published: str = "",
    effective: str = "",
    *,
    number: str = "第一条",
    part: str = "",
    region: str = "",
) -> Article:
    level = Level.LOCAL_REGULATION if region else Level.LAW
    return Article(law, number, "…", level, region, part, published=published, effective=effective)


NEW = article("中华人民共和国渡口法", "2021-01-22", "2021-05-01")
OLD = article("中华人民共和国渡口法（2015-03-15）", "2015-03-15", "2015-07-01")
OLD_RULE = article("条例（2015-03-15）", "2015-03-15", region="甲")


@pytest.mark.parametrize(
    ("one", "other", "same", "older"),
    [
        (OLD, NEW, True, True),
        (NEW, OLD, True, False),
        (OLD, OLD, True, False),
        (article("《渡口法》(2015年修正)", "2015-03-15"), NEW, True, True),  # under any spelling and mark
        (article("渡口法（旧版）"), NEW, True, True),  # its name says that it is older
        (article("渡口法（2015年修正）"), NEW, True, False),  # nothing tells which is older
        (OLD, article("渡口法"), True, False),
        (article("渡口法（2015-03-15）", effective="2015-07-01"), NEW, True, True),
        (article(OLD.law, "2015-03-15", number="第二条"), NEW, True, False),
        (article(OLD.law, "2015-03-15", part="附则"), NEW, True, False),
        (article("渡口法（试行）", "2015-03-15"), NEW, False, False),  # a law of its own
        (article("灯塔法（2015-03-15）", "2015-03-15"), NEW, False, False),
        (OLD_RULE, article("条例", "2021-01-22", region="甲"), True, True),
        (OLD_RULE, article("条例", "2021-01-22", region="乙"), False, False),
        (article("修正案（1988年）", "1988-04-12"), article("修正案（1993年）", "1993-03-29"), False, False),
    ],
)  # fmt: skip
def test_an_older_version_of_the_same_article(one: Article, other: Article, same: bool, older: bool) -> None:
    assert same_law(one, other) is same
    assert is_older_version(one, other) is older


@pytest.mark.parametrize(
    ("versions", "wanted"),
    [
        ({"渡口法": ("2021-01-22", "2021-05-01")}, [""]),
        (
            {
                "渡口法（2015-03-15）": ("2015-03-15", "2015-07-01"),
                "渡口法（2018-10-26）": ("2018-10-26", "2018-10-26"),
                "渡口法": ("2021-01-22", "2021-05-01"),
            },
            ["2018-10-26", "2021-05-01", ""],
        ),
        # published is what orders them: corrected a day later, in force on the same day
        (
            {"渡口法": ("2022-04-02", "2022-04-10"), "渡口法（2022-04-01）": ("2022-04-01", "2022-04-10")},
            ["", "2022-04-10"],
        ),
        # amended, with the day of its first version beside it: it holds from when it was published
        (
            {"渡口法": ("2024-04-26", "2013-01-01"), "渡口法（2012-08-31）": ("2012-08-31", "2013-01-01")},
            ["", "2024-04-26"],
        ),
        ({"渡口法": ("2021-01-22", ""), "渡口法（旧版）": ("", "")}, ["", "2021-01-22"]),
        ({"渡口法": ("", ""), "渡口法（2015-03-15）": ("2015-03-15", "")}, ["", ""]),
        ({"渡口法": ("2015-03-15", ""), "渡口法（2015年修正）": ("2015-03-15", "2015-07-01")}, ["", ""]),
    ],
    ids=["one", "three", "corrected", "first day kept", "no date, marked", "no date", "two names of one"],
)
def test_the_day_from_which_a_newer_version_is_in_force(
    versions: dict[str, tuple[str, str]], wanted: list[str]
) -> None:
    assert replaced_from([article(law, *dates) for law, dates in versions.items()]) == wanted


def test_a_corpus_told_article_by_article() -> None:
    dropped = article(OLD.law, "2015-03-15", number="第九条")
    corpus = [NEW, OLD, OLD_RULE, dropped]
    replacements = Replacements.of(iter(corpus))
    assert [replacements.day(each) for each in corpus] == ["", "2021-05-01", "", "2021-05-01"]
    replacements.add(article("条例", "2021-01-22", region="甲"))
    assert replacements.day(OLD_RULE) == "2021-01-22"
    assert Replacements.of([]).day(OLD) == ""


def test_an_article_that_the_newer_version_lacks_is_replaced_too() -> None:
    dropped = article(OLD.law, "2015-03-15", number="第九条")
    other_part = article(OLD.law, "2015-03-15", part="附则")
    assert replaced_from([NEW, OLD, dropped, other_part]) == ["", "2021-05-01", "2021-05-01", ""]
