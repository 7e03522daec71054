"""Articles that a model gives no vector for: named, or left out for all systems and counted wherever it matters."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import QUERIES
from tests.embeddings_server import EmbeddingsServer, Fault, Rows
from tests.encoders.test_served_identity import again
from tests.evaluation.test_summary import VALIDATOR
from tests.index.test_building_anywhere import LAWS, Desk
from tests.page.opened import html_of
from tests.page.test_page import page
from workbench.core.errors import IndexFault
from workbench.core.vectors import TextsWithoutVectors, checked
from workbench.encoders.backends import embeddings_api
from workbench.index import Index
from workbench.page import parts

POISON = LAWS[2]  # the ferry law's third article
NAME = f"{POISON.law} {POISON.article} ({POISON.doc_id})"


@pytest.fixture
def server(running: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingsServer]:
    retries = embeddings_api.RETRIES.new(total=1, backoff_factor=0, backoff_jitter=0)
    monkeypatch.setattr(embeddings_api, "RETRIES", retries)
    running.requests.clear()
    yield running
    running.encode, running.refuses, running.change = running.own, lambda texts: None, lambda rows: rows


@pytest.fixture
def desk(tmp_path: Path, server: EmbeddingsServer, pair_folder: Path) -> Desk:
    """A served system and a local one over seven articles."""
    (tmp_path / "desk").mkdir()
    systems = {
        "served": {"label": "Served", "model": "ferry", "url": server.address},
        "local": {"label": "Local", "model": str(pair_folder / "base")},
    }
    made = Desk(tmp_path / "desk", tmp_path / "home", systems, dims=(16, 4))
    made.corpus(LAWS)
    (made.folder / "queries.jsonl").write_text(QUERIES, encoding="utf-8")
    made.top = 'queries = ["queries.jsonl"]'
    return made


def answers(server: EmbeddingsServer, in_place: Any) -> None:
    """Whatever the server gives, `in_place` of the vector of the poisonous article."""
    texts = list[str]()

    def encode(asked: list[str]) -> Any:
        texts[:] = asked
        return server.own(asked)

    def change(rows: Rows) -> Rows:
        return [
            row | {"embedding": in_place} if POISON.text in text else row
            for row, text in zip(rows, texts, strict=True)
        ]

    server.encode, server.change = encode, change


def refuses(server: EmbeddingsServer, fault: Fault) -> None:
    server.refuses = lambda texts: fault if any(POISON.text in text for text in texts) else None


FAULTS: dict[str, tuple[Callable[[EmbeddingsServer], None], str]] = {
    "nan": (lambda server: answers(server, [float("nan")] * 16), "NaN, infinity or only zeros"),
    "zeros": (lambda server: answers(server, [0.0] * 16), "NaN, infinity or only zeros"),
    "null": (lambda server: answers(server, None), "null"),
    "nulls": (lambda server: answers(server, [None] * 16), "a list with null"),
    "500": (lambda server: refuses(server, Fault(500, b'{"error": "NaN"}')), r"answers 500 \(NaN\)"),
    "long": (
        lambda server: refuses(server, Fault(400, b'{"error": "exceeds the context length"}')),
        "takes no text that long",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_article_is_named_and_the_others_are_kept(
    server: EmbeddingsServer, desk: Desk, fault: str
) -> None:
    make, why = FAULTS[fault]
    make(server)
    said = desk.build(fault=f"Served: gave no vector for {NAME}: ")
    assert why.replace("\\", "") in said
    assert f"`workbench index build --pair {desk.file} --skip-failed`" in said
    server.requests.clear()
    server.encode, server.refuses, server.change = server.own, lambda texts: None, lambda rows: rows
    assert desk.build() == "Served 1, Local 7"


@pytest.mark.parametrize("fault", ["nan", "null", "500"])
def test_it_is_left_out_for_all_systems_and_counted(server: EmbeddingsServer, desk: Desk, fault: str) -> None:
    make, _ = FAULTS[fault]
    make(server)
    said = desk.run("index", "build", "--skip-failed")
    assert "encoded now: Served 6, Local 6" in said
    assert (
        f"Left out of the index, for all systems: 1 articles without a vector, first {POISON.doc_id}" in said
    )
    index = desk.opened
    assert POISON.doc_id not in index.doc_ids
    assert len(index.doc_ids) == 6
    assert list(index.skipped) == [POISON.doc_id]
    for column in index.vector_columns:
        [vectors] = index.vector_batches(column)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    counted = (
        f"1 articles are left out for all systems, as Served gave no vector for them, first {POISON.doc_id}"
    )
    assert counted in desk.run("index", "info")
    assert counted in desk.run("index", "verify")
    queries = str(desk.folder / "queries.jsonl")
    output = desk.folder / "summary.json"
    assert counted in desk.run("evaluate", "--queries", queries, "--json", str(output))
    summary = json.loads(output.read_text(encoding="utf-8"))
    VALIDATOR.validate(summary)
    assert summary["corpus"]["articles"] == 6
    assert summary["corpus"]["left out"] == 1
    bench = again(desk)
    assert parts.notes("en", bench) == ["1 articles are left out for all systems: no vector from Served."]
    assert len(parts.notes("zh", bench)) == 1
    queries = summary["queries"]
    assert (queries["judged"], queries["unresolved"]) == (3, 1)  # one asks for that article


def test_ranks_are_those_of_an_index_that_never_had_it(
    server: EmbeddingsServer, desk: Desk, tmp_path: Path
) -> None:
    answers(server, None)
    desk.build("--skip-failed")
    ours = again(desk).evaluate(desk.folder / "queries.jsonl")
    desk.corpus([law for law in LAWS if law != POISON])
    desk.home = tmp_path / "another"
    desk.build()
    theirs = again(desk).evaluate(desk.folder / "queries.jsonl")
    for name in ("served", "local"):
        assert ours.evaluations[name][16].means == theirs.evaluations[name][16].means


def test_the_next_build_tries_it_again(server: EmbeddingsServer, desk: Desk) -> None:
    answers(server, None)
    desk.build("--skip-failed")
    built = desk.opened.build_id
    assert desk.build("--skip-failed") == "Served 0, Local 0"
    assert desk.opened.build_id == built
    desk.build(fault=NAME)
    assert desk.build("--systems", "local") == "Local 0"  # what was left out for another's sake stays so
    assert list(desk.opened.skipped) == [POISON.doc_id]
    server.change, server.encode = lambda rows: rows, server.own
    assert desk.build() == "Served 1, Local 1"
    assert desk.opened.skipped == {}
    assert len(desk.opened.doc_ids) == 7


def test_a_changed_article_is_missed_by_verify(server: EmbeddingsServer, desk: Desk) -> None:
    from dataclasses import replace

    answers(server, None)
    desk.build("--skip-failed")
    desk.corpus([replace(law, text="改过的条文。") if law == POISON else law for law in LAWS])
    desk.run("index", "verify", fault="the corpus has 1 articles that the index lacks")


def test_a_server_that_fails_at_most_of_them_is_not_skipped(server: EmbeddingsServer, desk: Desk) -> None:
    server.change = lambda rows: [row | {"embedding": None} if row["index"] % 4 else row for row in rows]
    said = desk.build("--skip-failed", fault="Served: gave no vector for 5 of 7 articles, first ")
    assert "wanted: a vector for half of them at least" in said
    with pytest.raises(IndexFault, match="holds no index"):
        Index(desk.pair.index_uri(desk.home))


def test_a_local_model_names_the_article_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.encoders.backends.sentence_transformer import SentenceTransformerEncoder

    own = SentenceTransformerEncoder._encode

    def encode(self: Any, texts: list[str], **more: Any) -> Any:
        vectors = own(self, texts, **more)
        broken = [row for row, text in enumerate(texts) if POISON.text in text]
        vectors[broken] = np.nan
        return checked(vectors, 1, "Local", texts)

    monkeypatch.setattr(SentenceTransformerEncoder, "_encode", encode)
    desk.build(fault=f"Local: gave no vector for {NAME}: NaN, infinity or only zeros")
    assert desk.build("--skip-failed") == "Served 0, Local 0"  # the six others were kept
    assert list(desk.opened.skipped) == [POISON.doc_id]
    assert len(desk.opened.doc_ids) == 6


def test_vectors_that_come_with_the_fault() -> None:
    vectors = np.array([[3, 4], [np.nan, 1], [0, 0], [0, 2]], np.float32)
    with pytest.raises(TextsWithoutVectors, match=r"2 of 4 vectors .*first: text 2, “b”") as caught:
        checked(vectors, 2, "Model", "abcd")
    assert caught.value.rows.keys() == {1, 2}
    np.testing.assert_allclose(caught.value.vectors[[0, 3]], np.array([[0.6, 0.8], [0.0, 1.0]]), atol=1e-7)
    assert np.isnan(caught.value.vectors[1:3]).all()


def test_the_page_says_it_above_all_figures(
    server: EmbeddingsServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(server, None)
    desk.build("--skip-failed")
    shown = html_of(page(desk.folder, desk.home, monkeypatch))
    told = "1 articles are left out for all systems: no vector from Served."
    assert 0 < shown.index(told) < shown.index("MRR@10")
