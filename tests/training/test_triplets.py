"""Triplet files as people bring them: read, held against the corpus, and against the sets that measure."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from tests.conftest import ARTICLES, CODE, LAW, PLACE
from workbench import Workbench
from workbench.core.documents import format_document
from workbench.core.domain import Article, Citation
from workbench.core.errors import TrainingError
from workbench.core.settings import Pair
from workbench.query_sets.formats import parse_queries, query_line
from workbench.training.rows import Row
from workbench.training.triplets import Reading, TrainingData, check_held_out

TITLE = "title: {law} {article} | text: {text}"
PASSAGE = "passage: {law} {article} {text}"
BY_ID = {article.doc_id: article for article in ARTICLES}
LOAD, LAMPS, TOWER = f"{LAW}#第二条", f"{LAW}#第三条", f"{CODE}#第一条"


def text(article: str | Article, template: str = TITLE) -> str:
    return format_document(BY_ID[article] if isinstance(article, str) else article, template)


def lines(*rows: Mapping[str, Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def read(
    folder: Path, *rows: Mapping[str, Any], template: str = TITLE, keep_unknown: bool = False
) -> TrainingData:
    """What these rows are as training data, from a file `triplets.jsonl` in `folder`."""
    (folder / "triplets.jsonl").write_text(lines(*rows), encoding="utf-8")
    return Reading(ARTICLES, template).read([str(folder / "triplets.jsonl")], keep_unknown=keep_unknown)


# Files


def test_what_was_mined_is_training_data(pair: Pair, home: Path, tmp_path: Path) -> None:
    mining = Workbench.open(pair, home=home).mine(pair.queries[0])
    file = tmp_path / "mined.jsonl"
    file.write_text("".join(mining.lines()), encoding="utf-8")
    data = Reading(ARTICLES, TITLE).read([str(file)])
    assert data.notes == []
    assert data.positives == {triplet.query: [triplet.positive.doc_id] for triplet in mining.triplets}
    assert data.rows("问题：") == [
        Row(
            f"问题：{triplet.query}",
            text(triplet.positive.doc_id),
            tuple(text(each.doc_id) for each in triplet.negatives),
        )
        for triplet in mining.triplets
    ]
    assert len(data.rows("")) == 4


HUB_LIKE: dict[str, list[dict[str, Any]]] = {
    "query, positive, negative": [{"query": "几个人", "positive": text(LOAD), "negative": text(LAMPS)}],
    "anchor, and columns that say nothing": [
        {"id": 7, "anchor": "几个人", "positive": text(LOAD), "negative": text(LAMPS), "source": "x"}
    ],
    "numbers behind the names": [
        {"question": "几个人", "positive_1": text(LOAD), "negative_1": text(LAMPS), "negative_2": text(TOWER)}
    ],
}


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("columns", HUB_LIKE)
def test_files_as_datasets_writes_them(columns: str, kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"train.{kind}"
    rows = Dataset.from_list(HUB_LIKE[columns])
    {"jsonl": rows.to_json, "csv": rows.to_csv, "parquet": rows.to_parquet}[kind](str(file))
    data = Reading(ARTICLES, TITLE).read([str(file)])
    negatives = (text(LAMPS), text(TOWER)) if "numbers" in columns else (text(LAMPS),)
    assert data.rows("") == [Row("几个人", text(LOAD), negatives)]
    assert data.positives == {"几个人": [LOAD]}


def test_several_files_stand_one_behind_the_other(tmp_path: Path) -> None:
    for name, doc_id in (("b", LOAD), ("a", TOWER)):
        (tmp_path / f"{name}.jsonl").write_text(
            lines({"query": name, "positive": text(doc_id)}), encoding="utf-8"
        )
    data = Reading(ARTICLES, TITLE).read([str(tmp_path / "b.jsonl"), str(tmp_path / "a.jsonl")])
    assert data.rows("") == [Row("b", text(LOAD)), Row("a", text(TOWER))]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.jsonl", None, "none.jsonl: does not exist; "),
        ("empty.jsonl", "", r"empty.jsonl: holds no triplet \(columns: none\); wanted: columns query "),
        ("q.jsonl", '{"q": "问", "good": "答"}\n', r"q.jsonl: holds no triplet \(columns: q, good\); "),
        ("no.csv", "query,positive\n几个人,\n", r"no.csv: holds no triplet \(columns: query, positive\); "),
        (
            "x.txt",
            "x",
            "x.txt: is of no kind that can be read; wanted: .jsonl, .json, .csv, .tsv, .xlsx, .parquet; ",
        ),
    ],
)
def test_a_file_without_any_triplet(
    name: str, content: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path(name).write_text(content, encoding="utf-8")
    with pytest.raises(TrainingError, match=message + ".*`workbench mine`") as fault:
        Reading(ARTICLES, TITLE).read([name])
    assert "pair file" not in str(fault.value)  # which names no such file


def test_rows_without_positive_are_counted(tmp_path: Path) -> None:
    data = read(
        tmp_path,
        {"query": "几个人", "positive": text(LOAD)},
        {"query": "谁", "positive": ""},
        {"query": "谁", "positive": []},
        {"positive": text(TOWER)},
    )
    assert data.notes[0] == "skipped 3: rows without query or positive"
    assert [note.partition("triplets.jsonl:")[2].partition(":")[0] for note in data.notes[1:]] == [
        "2",
        "3",
        "4",
    ]
    assert data.rows("") == [Row("几个人", text(LOAD))]


# Positives


@pytest.mark.parametrize(
    ("template", "positive", "doc_id"),
    [
        (TITLE, text(LOAD), LOAD),
        (PASSAGE, text(LOAD, PASSAGE), LOAD),
        (PASSAGE, text(f"{PLACE}#第一条", PASSAGE), f"{PLACE}#第一条"),
        ("{text}", "灯塔由守塔人看管。", TOWER),  # no law and no number in it
        (TITLE, f"title: {LAW} 第二条 | text: 从前的条文", LOAD),
        (TITLE, "title: 《渡口法》第2条 | text: 从前的条文", LOAD),
        (PASSAGE, "title: 渡口法 第二条 | text: 从前的条文", LOAD),
        (TITLE, text(LOAD, PASSAGE), None),
        (TITLE, "title: 渡口法 第九条 | text: 没有这一条", None),
        (TITLE, "title: 山路法 第二条 | text: 没有这部法", None),
        (TITLE, "渡船载客不得超过核定人数。", None),
    ],
)
def test_positives_are_articles_word_for_word_or_by_law_and_number(
    template: str, positive: str, doc_id: str | None, tmp_path: Path
) -> None:
    data = read(tmp_path, {"query": "问", "positive": positive}, template=template, keep_unknown=True)
    assert data.positives == {"问": [doc_id] if doc_id else []}
    assert data.rows("") == [Row("问", positive)]  # the text as it stands in the file


UNKNOWN = {"query": "问", "positive": "没有这一条", "negative": text(LAMPS)}


@pytest.mark.parametrize(
    ("rows", "line", "others"),
    [
        ([UNKNOWN], 1, ""),
        ([{"query": "几个人", "positive": text(LOAD)}, UNKNOWN], 2, ""),
        ([UNKNOWN, UNKNOWN, UNKNOWN | {"positive": ["甲", "乙"]}], 1, ", nor are 3 others"),
    ],
)
def test_positives_that_name_no_article(
    rows: Sequence[Mapping[str, Any]], line: int, others: str, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError) as fault:
        read(tmp_path, *rows)
    assert (fault.value.subject, fault.value.found) == (
        f"{tmp_path}/triplets.jsonl:{line}",
        f"the positive is no article of this corpus{others}",
    )
    assert "--keep-unknown" in fault.value.remedy
    kept = read(tmp_path, *rows, keep_unknown=True)
    assert [row.positive for row in kept.rows("") if row.query == "问"] == [
        positive
        for row in rows
        if row["query"] == "问"
        for positive in ([row["positive"]] if isinstance(row["positive"], str) else row["positive"])
    ]
    assert kept.positives["问"] == []


def test_one_query_with_different_positives_is_noted(tmp_path: Path) -> None:
    rows = (
        {"query": "船", "positive": [text(LOAD), text(LAMPS)], "negative": text(TOWER)},
        {"query": "塔", "positive": text(TOWER)},
        {"query": "塔", "positive": text(TOWER)},
    )
    data = read(tmp_path, *rows)
    assert data.notes == ["1 queries have several positives: no batch holds one query twice"]
    assert data.positives == {"船": [LOAD, LAMPS], "塔": [TOWER]}
    assert data.rows("") == [
        Row("船", text(LOAD), (text(TOWER),)),
        Row("船", text(LAMPS), (text(TOWER),)),
        Row("塔", text(TOWER)),
        Row("塔", text(TOWER)),
    ]
    assert read(tmp_path, *rows[1:]).notes == []


@pytest.mark.parametrize(
    ("rows", "line", "others"),
    [
        ([{"query": "船", "positive": text(LOAD), "negative": [text(TOWER), text(LOAD)]}], 1, ""),
        (  # in another line of the same query
            [
                {"query": "船", "positive": text(LOAD), "negative": text(LAMPS)},
                {"query": "塔", "positive": text(TOWER), "negative": text(LOAD)},
                {"query": "船", "positive": text(LAMPS), "negative": text(LOAD)},
            ],
            1,
            ", as in 1 other lines",
        ),
        ([{"query": "塔", "positive": text(TOWER), "negative": text(LOAD)}], 0, ""),
        (  # of another query
            [
                {"query": "船", "positive": text(LOAD), "negative": text(TOWER)},
                {"query": "塔", "positive": text(TOWER), "negative": text(LOAD)},
            ],
            0,
            "",
        ),
    ],
)
def test_a_negative_is_no_positive_of_the_same_query(
    rows: Sequence[Mapping[str, Any]], line: int, others: str, tmp_path: Path
) -> None:
    if not line:
        assert len(read(tmp_path, *rows).rows("")) == len(rows)
        return
    with pytest.raises(TrainingError) as fault:
        read(tmp_path, *rows)
    assert fault.value.subject == f"{tmp_path}/triplets.jsonl:{line}"
    assert fault.value.found == f"a negative is a positive of the same query{others}"


# What is recorded, and what must not be trained on


def test_queries_are_recorded_with_their_articles(tmp_path: Path) -> None:
    data = read(
        tmp_path,
        {"query": "船", "positive": [text(LOAD), text(LAMPS)]},
        {"query": "谁\n看塔", "positive": "没有这一条"},
        {"query": "空\0", "positive": text(TOWER)},  # no question of a query set can hold this
        {"query": "塔", "positive": text(TOWER)},
        keep_unknown=True,
    )
    content = "".join(query_line(query) + "\n" for query in data.queries())
    assert [(query.text, query.relevant) for query in parse_queries(content.encode(), "q.jsonl")] == [
        ("船", (Citation(doc_id=LOAD), Citation(doc_id=LAMPS))),
        ("谁 看塔", ()),
        ("塔", (Citation(doc_id=TOWER),)),
    ]


ASKED = "渡船最多坐几个人"


@pytest.mark.parametrize(
    ("held_out", "found"),
    [
        ({"test": [ASKED]}, [("test", ASKED)]),
        ({"test": [f"请问{ASKED}？"]}, [("test", f"请问{ASKED}？")]),
        ({"test": ["谁看灯塔"], "dev": ["夜里点几盏灯", ASKED]}, [("dev", ASKED)]),
        ({"test": [ASKED], "dev": [f"{ASKED}？"]}, [("test", ASKED), ("dev", f"{ASKED}？")]),
        ({"test": ["渡船夜里点几盏灯", "谁看灯塔"], "dev": []}, []),
        ({}, []),
    ],
)
def test_questions_that_are_measured_with_are_found(
    held_out: Mapping[str, Sequence[str]], found: Sequence[tuple[str, str]], tmp_path: Path
) -> None:
    data = read(
        tmp_path, {"query": "乙市几点停渡", "positive": text(TOWER)}, {"query": ASKED, "positive": text(LOAD)}
    )
    if not found:
        check_held_out(data, held_out)
        return
    with pytest.raises(TrainingError) as fault:
        check_held_out(data, held_out)
    own = {name: "" if question == ASKED else f": “{question}”" for name, question in found}
    shown = "; ".join(f"“{ASKED}” (in {name}{words})" for name, words in own.items())
    assert fault.value.found.endswith(f": {shown}")
    assert f"ask {len(found)} questions" in fault.value.found
    assert "--allow-contaminated" in fault.value.remedy


def test_of_many_such_questions_some_are_shown(tmp_path: Path) -> None:
    data = read(tmp_path, {"query": ASKED, "positive": text(LOAD)})
    with pytest.raises(TrainingError, match=r"ask 5 questions .*; and 2 more") as fault:
        check_held_out(data, {"test": [ASKED + "？" * count for count in range(5)]})
    assert fault.value.found.count("(in test") == 3


def test_prompts_hide_no_question_and_stand_there_once(tmp_path: Path) -> None:
    known, own = "task: search result | query: ", "请从法律条文里找出回答下面这句话的那些："
    for prompt in (known, own):
        data = read(tmp_path, {"query": prompt + ASKED, "positive": text(LOAD)})
        assert [row.query for row in data.rows(prompt)] == [prompt + ASKED]
        with pytest.raises(TrainingError, match="ask 1 questions"):
            check_held_out(data, {"test": [ASKED]}, [own])
    check_held_out(data, {"test": [ASKED]})  # what is no prompt of anybody's is another question
