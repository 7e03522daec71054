"""Several sources as one corpus."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.corpus_files import FERRY, doc_ids, folder, json_lines
from workbench.corpora import Corpus, SourceReport, read_corpus
from workbench.corpora.report import KEPT
from workbench.corpora.sources import source_of

Row = Mapping[str, str]


def row(law: str, article: str, text: str = "甲", part: str = "", source_id: str = "") -> Row:
    return {"law": law, "article": article, "text": text, "part": part, "source_id": source_id}


def corpus_of(root: Path, *sources: list[Row]) -> Corpus:
    files = {f"{number}.jsonl": json_lines(*rows) for number, rows in enumerate(sources, 1)}
    folder(root, files)
    return read_corpus([source_of("jsonl", path=str(root / name)) for name in files], Path())


@pytest.mark.parametrize(
    ("first", "second", "merged", "ids"),
    [
        ([row(FERRY, "1")], [row(FERRY, "第一条")], 1, [f"{FERRY}#第一条"]),
        ([row(FERRY, "1")], [row("《渡口法》", "1")], 1, [f"{FERRY}#第一条"]),
        ([row("渡口法（试行）", "1")], [row("渡口法(试行)", "1")], 1, ["渡口法（试行）#第一条"]),
        ([row("渡口法", "1", part="总则")], [row("渡口法", "1")], 1, ["渡口法#总则#第一条"]),
        ([row("渡口法", "1")], [row("渡口法", "1", part="总则")], 1, ["渡口法#第一条"]),
        ([row("渡口法", "1", part="总则")], [row("渡口法", "1", part="总则"), row("渡口法", "1")], 1, ["渡口法#总则#第一条", "渡口法#第一条"]),
        ([row("渡口法", "1", part="总则")], [row("渡口法", "1", part="分则")], 0, ["渡口法#分则#第一条", "渡口法#总则#第一条"]),
        (
            [row("渡口法", "1", part="总则"), row("渡口法", "1", part="分则")],
            [row("渡口法", "1")],
            0,
            ["渡口法#分则#第一条", "渡口法#总则#第一条", "渡口法#第一条"],
        ),
        (
            [row("渡口法", "1")],
            [row("渡口法", "1", part="总则"), row("渡口法", "1", part="分则")],
            1,
            ["渡口法#分则#第一条", "渡口法#第一条"],
        ),
        ([row("渡口法", "1")], [row("渡口法", "1", part="总则"), row("渡口法", "1")], 1, ["渡口法#总则#第一条", "渡口法#第一条"]),
        ([row("渡口法", "1", part="总 则")], [row("渡口法", "1", part="总则")], 1, ["渡口法#总则#第一条"]),
        ([row("渡口法", "1")], [row("灯塔法", "1"), row("渡口法", "2")], 0, ["渡口法#第一条", "渡口法#第二条", "灯塔法#第一条"]),
    ],
)  # fmt: skip
def test_the_same_article_of_two_sources_is_one_row(
    first: list[Row], second: list[Row], merged: int, ids: list[str], tmp_path: Path
) -> None:
    corpus = corpus_of(tmp_path, first, second)
    assert doc_ids(corpus) == ids
    assert corpus.merged == {"jsonl 1.jsonl": 0, "jsonl 2.jsonl": merged}
    assert corpus.counts == {"jsonl 1.jsonl": len(first), "jsonl 2.jsonl": len(second)}


def test_the_earlier_source_counts_and_names_are_kept(tmp_path: Path) -> None:
    corpus = corpus_of(
        tmp_path,
        [row(FERRY, "1", "早")],
        [row(FERRY, "1", "晚", source_id="c7")],
        [row(FERRY, "1", "末", source_id="c8")],
    )
    assert [(article.text, article.source_id) for article in corpus.articles] == [("早", "c7")]


def test_sources_that_name_it_otherwise(tmp_path: Path) -> None:
    """Of two articles that could be the one without part the first is, and only one of a source."""
    late = [
        row(FERRY, "1", "晚", part="总则", source_id="a"),
        row(FERRY, "1", "晚", part="分则", source_id="b"),
    ]
    corpus = corpus_of(tmp_path, [row("渡口法", "1", "早")], late)
    assert [(article.doc_id, article.text, article.source_id) for article in corpus.articles] == [
        (f"{FERRY}#分则#第一条", "晚", "b"),
        ("渡口法#第一条", "早", "a"),
    ]


def test_two_texts_of_one_article_in_one_source(tmp_path: Path) -> None:
    rows = [row(FERRY, "1", "早"), row(FERRY, "1", "早 "), row("渡口法", "1", "晚"), row(FERRY, "2", "早")]
    corpus = corpus_of(tmp_path, rows)
    assert [article.text for article in corpus.articles] == ["早", "早"]
    assert corpus.reports["jsonl 1.jsonl"].skipped == {"one article with two texts": 1}
    assert corpus.reports["jsonl 1.jsonl"].examples == [
        "渡口法#第一条: stands there twice with different texts; the first counts"
    ]


def test_what_a_terminal_shows(tmp_path: Path) -> None:
    rows = [row(FERRY, "1"), *[row(FERRY, f"条{number}") for number in range(17)], row("", "1")]
    corpus = corpus_of(tmp_path, rows, [row(FERRY, "1"), row(FERRY, "2")])
    assert corpus.lines() == [
        "jsonl 1.jsonl: 1 article",
        "  skipped 17: no article number",
        *[f'    {tmp_path}/1.jsonl:{number + 2}: "条{number}" is no article number' for number in range(5)],
        "    and 12 more",
        "  skipped 1: no law, number or text",
        f"    {tmp_path}/1.jsonl:19: has no law",
        "jsonl 2.jsonl: 2 articles, 1 of them in an earlier source already",
    ]


def test_sources_of_one_name_are_told_apart(tmp_path: Path) -> None:
    folder(tmp_path, {f"{name}/laws.jsonl": json_lines(row(f"{name}法", "1")) for name in ("甲", "乙", "丙")})
    corpus = read_corpus(
        [source_of("jsonl", path=str(tmp_path / name / "laws.jsonl")) for name in ("甲", "乙", "丙")],
        Path(),
    )
    assert list(corpus.counts) == ["jsonl laws.jsonl", "jsonl laws.jsonl (2)", "jsonl laws.jsonl (3)"]


def test_a_source_in_the_home_folder(tmp_path: Path) -> None:
    folder(tmp_path, {"packs/laws.jsonl": json_lines(row(FERRY, "1"))})
    assert len(read_corpus([source_of("jsonl", path="home:packs/laws.jsonl")], tmp_path).articles) == 1


def test_a_report_counts_all_and_shows_a_few() -> None:
    report = SourceReport()
    for number in range(7):
        report.skip(f"x:{number}", "is odd", kind="odd")
    report.note("y:1", "is strange", kind="strange")
    assert (report.skipped, report.noted) == ({"odd": 7}, {"strange": 1})
    assert list(report.lines()) == [
        "skipped 7: odd",
        *[f"  x:{number}: is odd" for number in range(5)],
        "  and 2 more",
        "noted 1: strange",
        "  y:1: is strange",
    ]
    assert len(list(report.lines(KEPT))) == 10
    assert report.has_more
    assert not SourceReport().has_more


def test_a_report_keeps_so_many_of_a_kind() -> None:
    report = SourceReport()
    for number in range(KEPT + 2):
        report.skip(f"x:{number}", "is odd", kind="odd")
    assert len(report.sentences["odd"]) == KEPT
    assert list(report.lines(KEPT))[-1] == "  and 2 more"
