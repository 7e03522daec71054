"""Several versions of a law in one table: the newest in force, or all."""

from pathlib import Path

import pytest

from tests.corpus_files import Files, folder, json_lines, read, report_of

Row = tuple[str, str, str]  # number, text, date
OLD, NEW = "2018-10-26", "2023-12-29"
BOTH: list[Row] = [("1", "旧", OLD), ("2", "旧", OLD), ("3", "废", OLD), ("1", "新", NEW), ("2", "新", NEW)]
NUMBERS = "零一二三四五六七八九"


def table(rows: list[Row], **keys: str) -> Files:
    values = [
        {"law": "渡口法", "article": number, "text": text, "published": date} | keys
        for number, text, date in rows
    ]
    return {"laws.jsonl": json_lines(*values)}


def texts(tmp_path: Path, rows: list[Row], versions: str = "newest") -> dict[str, str]:
    """Law and number, as digits, of each article -> its text."""
    corpus = read("jsonl", folder(tmp_path, table(rows)), versions=versions)
    return {f"{article.law} {NUMBERS.index(article.article[1])}": article.text for article in corpus.articles}


@pytest.mark.parametrize(
    ("rows", "newest", "all_versions"),
    [
        (
            BOTH,
            {"渡口法 1": "新", "渡口法 2": "新"},
            {"渡口法（2018-10-26） 1": "旧", "渡口法（2018-10-26） 2": "旧", "渡口法（2018-10-26） 3": "废"},
        ),
        (
            [("1", "旧", ""), ("2", "旧", ""), ("1", "新", NEW)],
            {"渡口法 1": "新"},
            {"渡口法（旧版） 1": "旧", "渡口法（旧版） 2": "旧"},
        ),
        (
            [("1", "旧", OLD), ("2", "旧", OLD), ("2", "新", NEW)],
            {"渡口法 1": "旧", "渡口法 2": "新"},
            {"渡口法（2018-10-26） 1": "旧", "渡口法（2018-10-26） 2": "旧"},
        ),
        ([("1", "旧", OLD), ("2", "新", NEW), ("3", "新", "")], {"渡口法 1": "旧", "渡口法 2": "新", "渡口法 3": "新"}, {}),
        ([("1", "早", OLD), ("1", "晚", OLD)], {"渡口法 1": "早"}, {}),
    ],
    ids=["two versions", "one undated", "an amendment", "dates of articles", "one date"],
)  # fmt: skip
def test_versions_of_a_law(
    rows: list[Row], newest: dict[str, str], all_versions: dict[str, str], tmp_path: Path
) -> None:
    assert texts(tmp_path, rows) == newest
    assert texts(tmp_path, rows, "all") == newest | all_versions
    assert texts(tmp_path, rows[::-1]).keys() == newest.keys()


def test_articles_that_an_amendment_leaves_have_the_date_of_the_version(tmp_path: Path) -> None:
    rows = [("1", "旧", OLD), ("2", "旧", OLD), ("2", "新", NEW)]
    corpus = read("jsonl", folder(tmp_path, table(rows)), versions="all")
    assert {(article.law, article.published) for article in corpus.articles} == {
        ("渡口法", NEW),
        (f"渡口法（{OLD}）", OLD),
    }


def test_what_older_versions_hold_is_said(tmp_path: Path) -> None:
    report = report_of(read("jsonl", folder(tmp_path, table(BOTH))))
    assert report.noted == {"older versions": 1}
    assert report.examples == [f"渡口法: 3 articles of older versions; that of {NEW} counts"]
    assert report_of(read("jsonl", tmp_path, versions="all")).examples == []


def test_laws_of_one_name_in_two_places_are_no_versions(tmp_path: Path) -> None:
    rows = [
        {"law": "渡口规定", "article": "1", "text": region, "level": "地方性法规", "region": region, "published": date}
        for region, date in (("浙江", OLD), ("广东", NEW))
    ]  # fmt: skip
    corpus = read("jsonl", folder(tmp_path, {"laws.jsonl": json_lines(*rows)}))
    assert report_of(corpus).noted == {}


def test_spellings_of_a_name_are_one_law(tmp_path: Path) -> None:
    files = {
        "laws.csv": f"law,article,text,published\n中华人民共和国渡口法,1,旧,{OLD}\n渡口法,1,新,{NEW}\n",
    }
    corpus = read("csv", folder(tmp_path, files))
    assert [(article.law, article.text) for article in corpus.articles] == [("渡口法", "新")]
