"""Run files that other tools made: formats, names of articles, order, and what is refused with its line."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ARTICLES
from workbench.core.errors import QueryError
from workbench.corpora.citations import Resolver
from workbench.query_sets.run_files import RunFile, read_run

RESOLVER = Resolver(ARTICLES)
A, B, C = (article.doc_id for article in ARTICLES[:3])
LINES = [f"q1 Q0 {A} 1 9.5 tag", f"q1 Q0 {B} 2 7.25 tag", f"q2 Q0 {C} 1 3 tag"]
RUN = {"q1": [(A, 9.5), (B, 7.25)], "q2": [(C, 3.0)]}


def read(content: str, folder: Path) -> RunFile:
    file = folder / "a.run"
    file.write_bytes(content.encode())
    return read_run(file, RESOLVER)


def listed(run: RunFile) -> dict[str, list[tuple[str, float]]]:
    return {query_id: [(hit.doc_id, hit.score) for hit in hits] for query_id, hits in run.hits.items()}


def prediction(query_id: str, text: str, hits: Sequence[tuple[str, float]]) -> str:
    results = [{"corpus_id": doc_id, "score": score} for doc_id, score in hits]
    return json.dumps({"query_id": query_id, "query": text, "results": results}, ensure_ascii=False)


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(LINES),
        "\ufeff" + "\r\n".join(LINES) + "\r\n\r\n",
        "\n".join(line.replace(" ", "\t") for line in LINES),
        "\ufeff" + "\n".join(prediction(query_id, "?", hits) for query_id, hits in RUN.items()),
        "\n".join(prediction(query_id, "?", hits) for query_id, hits in RUN.items()),
        json.dumps({query_id: dict(hits) for query_id, hits in RUN.items()}, ensure_ascii=False),
    ],
    ids=["TREC", "TREC from Windows", "tabs", "predictions with a mark", "predictions", "ranx"],
)
def test_every_format_says_the_same(content: str, tmp_path: Path) -> None:
    assert listed(read(content, tmp_path)) == RUN


@given(order=st.permutations(LINES))
def test_the_order_of_lines_says_nothing(order: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    assert listed(read("\n".join(order), tmp_path_factory.mktemp("run"))) == RUN


def test_equal_scores_are_in_the_order_of_doc_ids(tmp_path: Path) -> None:
    run = read("\n".join(f"q Q0 {doc_id} {rank} 1.0 t" for rank, doc_id in enumerate((C, A, B), 1)), tmp_path)
    assert [hit.doc_id for hit in run.hits["q"]] == [A, B, C]


def test_predictions_say_what_was_asked(tmp_path: Path) -> None:
    assert read(prediction("q1", "谁看灯塔", [(A, 1.0)]), tmp_path).texts == {"q1": "谁看灯塔"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"q1 Q0 {A} 1 9.5", r"a\.run:1: has 5 fields; wanted: query_id Q0 doc_id rank score tag"),
        (f"{LINES[0]}\nq1 Q0 {B} second 7 t", r'a\.run:2: has the rank "second"; wanted: a whole number'),
        (f"q1 Q0 {A} {'9' * 5000} 1 t", r"a\.run:1: has the rank"),
        (f"q1 Q0 {A} 1 nan t", r"a\.run:1: has the score"),
        (f'{{"q1": {{"{A}": 1{"0" * 400}}}}}', "has the score"),
        (f"q1 Q0 {A} 1 high t", r"a\.run:1: has the score"),
        (f"{LINES[0]}\nq1 Q0 民法#第九条 2 1 t", r'a\.run:2: "民法#第九条" is no article of this corpus;'),
        (
            f"q1 Q0 x 1 2 t\n{LINES[0]}\nq1 Q0 y 2 1 t",
            r'a\.run:1: "x" is no article of this corpus \(and 1 more\)',
        ),
        (f"{LINES[0]}\nq1 Q0 {A} 2 1 t", r"a\.run:2: lists .* for query q1 again, after a\.run:1"),
        (f"q1 Q0 {A} 1 1 t\nq1 Q0 {B} 2 3 t", r"a\.run:2: rank 2 scores 3, rank 1 \(a\.run:1\) only 1"),
        ("", "holds no ranking"),
        ("\n\n", "holds no ranking"),
        ('{"query_id": "q1"}', r"a\.run: query_id: is no object"),
        (f'{prediction("q1", "?", [(A, 1.0)])}\n{{"query_id": "q1"}}', r"a\.run:2: is no prediction"),
        ('{"query_id": "q1", "results": [{"score": 1}]}', r"a\.run:1: result 1 lacks corpus_id or score"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(content: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=message):
        read(content, tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"cannot be read .*correct `path` of that system"):
        read_run(tmp_path / "none.run", RESOLVER)
