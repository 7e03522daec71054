"""What a server tells of its model: recorded with the columns, held against the index, and never in the way."""

import json
from pathlib import Path
from time import time
from typing import Any

import lancedb
import pytest

from tests.conftest import ARTICLES, QUERIES
from tests.embeddings_server import EmbeddingsServer, Fault, serving
from tests.index.test_building_anywhere import LAWS, Desk
from workbench import Workbench
from workbench.core.errors import EncoderError, IndexFault
from workbench.core.settings import DenseSystem
from workbench.encoders.backends import embeddings_api, served_identity
from workbench.encoders.backends.embeddings_api import EmbeddingsApiEncoder

MODELS, TAGS = "/v1/models", "/api/tags"
OLD, NEW = "a" * 64, "b" * 64
KNOWN, FRESH = "谁看灯塔", "渡口归谁管"


@pytest.fixture
def server(running: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch) -> EmbeddingsServer:
    monkeypatch.setattr(embeddings_api, "RETRIES", embeddings_api.RETRIES.new(backoff_factor=0))
    for kept in (running.requests, running.lists, running.asked):
        kept.clear()
    return running


@pytest.fixture
def desk(tmp_path: Path, server: EmbeddingsServer) -> Desk:
    """A pair of one served system over seven articles."""
    (tmp_path / "desk").mkdir()
    systems = {"base": {"label": "Served", "model": "ferry", "url": server.address}}
    made = Desk(tmp_path / "desk", tmp_path / "home", systems, dims=(16, 4))
    made.corpus(LAWS)
    (made.folder / "queries.jsonl").write_text(QUERIES, encoding="utf-8")
    made.top = 'queries = ["queries.jsonl"]'
    return made


def encoder(url: str, **more: Any) -> EmbeddingsApiEncoder:
    return EmbeddingsApiEncoder(DenseSystem(**{"label": "Served", "model": "ferry", "url": url} | more))


def models(**entry: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": "another", "created": 7}, {"id": "ferry"} | entry]}


def tags(digest: str, name: str = "ferry") -> dict[str, Any]:
    return {"models": [{"name": "another:latest", "digest": "c" * 64}, {"name": name, "digest": digest}]}


def again(desk: Desk) -> Workbench:
    """The pair as another process opens it."""
    served_identity.forget()
    return Workbench.open(desk.file, home=desk.home)


# What is told


@pytest.mark.parametrize(
    ("lists", "identity"),
    [
        ({}, ""),
        ({MODELS: models(created=1_700_000_000, owned_by="library"), TAGS: tags(OLD)}, "a" * 12),
        ({TAGS: tags(OLD, "ferry:latest")}, "a" * 12),
        ({MODELS: models(digest=f"sha256:{NEW}")}, "b" * 12),
        ({MODELS: models(digest="v2 of ferry")}, "6b735931e404"),
        ({MODELS: models(root="org/ferry-2", created=1_700_000_000)}, "org/ferry-2"),
        ({MODELS: models(root="ferry", created=1_700_000_000)}, "1700000000"),
        ({MODELS: models(created=int(time()))}, ""),  # the time of the question
        ({MODELS: models(created=0, owned_by="someone")}, ""),
        ({MODELS: models(created="long ago", root=["x"], digest=None)}, ""),
        ({MODELS: {"data": [{"id": "another", "created": 7}]}, TAGS: tags(OLD, "ferry:small")}, ""),
        ({MODELS: {"data": ["ferry", {"id": ["ferry"]}]}, TAGS: {"models": {"ferry": 1}}}, ""),
        ({MODELS: ["ferry"], TAGS: Fault(body=b"[" * 100_000)}, ""),
        ({MODELS: Fault(body=b"<html>"), TAGS: Fault(302, headers={"Location": TAGS})}, ""),
        ({MODELS: models(created=1_700_000_000), TAGS: Fault(503)}, ""),  # it may have had a digest
        ({MODELS: Fault(sent=0), TAGS: tags(OLD)}, ""),
    ],
)
def test_what_a_model_is_told_by(server: EmbeddingsServer, lists: dict[str, Any], identity: str) -> None:
    server.lists.update(lists)
    weights = f"served:ferry@{identity}" if identity else "served:ferry"
    assert encoder(server.address).description.weights == weights
    assert server.requests == []


def test_a_server_is_asked_once_with_the_key_and_its_lists_are_recorded(
    server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVED_KEY", "sk-secret")
    server.lists.update({MODELS: models(created=1_700_000_000, owned_by="library"), TAGS: tags(OLD)})
    for name in ("ferry", "another", "ferry"):
        ours = encoder(f"{server.address}/v1", model=name, key="SERVED_KEY")
        ours.encode_documents(["船"])
        assert ours.description.weights.startswith(f"served:{name}@")
    assert server.asked == [(MODELS, "Bearer sk-secret"), (TAGS, "Bearer sk-secret")]
    assert json.loads(ours.description.versions) == {
        "id": "ferry",
        "owned_by": "library",
        "created": 1_700_000_000,
        "digest": OLD,
    }


def test_without_its_key_nobody_is_asked(server: EmbeddingsServer) -> None:
    assert encoder(server.address, key="NOT_SET").description.weights == "served:ferry"
    assert server.asked == []


def test_lists_that_hang_hold_nothing_up_for_long(
    server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeddings_api, "TELLING", 0.2)
    server.lists[MODELS] = Fault(wait=True)
    ours = encoder(server.address)
    for _ in range(4):
        ours.encode_documents(["船"])
    assert ours.description.weights == "served:ferry"
    assert [path for path, _ in server.asked] == [MODELS, MODELS]  # the second time as it gave a vector


# What an index makes of it


def test_another_model_under_the_name_is_noticed(server: EmbeddingsServer, desk: Desk) -> None:
    server.lists[TAGS] = tags(OLD)
    assert desk.build() == "Served 7"
    assert {build["weights"] for build in desk.opened.builds.values()} == {f"served:ferry@{'a' * 12}"}
    assert again(desk).ask(FRESH).listings
    server.lists[TAGS] = tags(NEW)
    with pytest.raises(IndexFault) as caught:
        _ = again(desk).index
    assert (
        f"does not fit the pair: base_16 (Served) was built with weights 'served:ferry@{'a' * 12}' instead of"
        f" 'served:ferry@{'b' * 12}' (the model behind that name has changed); base_4"
    ) in str(caught.value)
    assert caught.value.remedy == f"run `workbench index build --pair {desk.file}`"
    assert desk.build() == "Served 7"
    assert again(desk).index.builds["base_16"]["weights"] == f"served:ferry@{'b' * 12}"


def test_known_questions_need_no_server(desk: Desk, pair_folder: Path) -> None:
    with serving(pair_folder / "tuned") as gone:
        desk.systems["base"]["url"] = gone.address
        gone.lists[TAGS] = tags(OLD)
        assert desk.build() == "Served 7"
    bench = again(desk)
    assert bench.ask(KNOWN).listings["base"].known
    assert bench.evaluate(desk.folder / "queries.jsonl").evaluations
    with pytest.raises(EncoderError, match="does not answer: nothing is there"):
        bench.ask(FRESH)
    (desk.home / "query_vectors.sqlite").unlink()  # as on another machine, where the index brings them along
    assert again(desk).ask(KNOWN).listings["base"].known


def test_a_server_that_comes_back_with_another_model(server: EmbeddingsServer, desk: Desk) -> None:
    server.lists[TAGS] = tags(OLD)
    desk.build()
    server.lists[MODELS] = Fault(503)
    bench = again(desk)
    assert bench.ask(KNOWN).listings["base"].known
    server.lists.update({MODELS: models(), TAGS: tags(NEW)})
    for _ in range(2):
        with pytest.raises(
            EncoderError, match=r"the model behind that name has changed: b+ instead of a+, which"
        ):
            bench.ask(FRESH)
    assert bench.build().encoded == {"base": 7}  # a build takes what the server has now
    assert bench.ask(FRESH).listings


def test_what_only_one_side_tells_is_no_difference(server: EmbeddingsServer, desk: Desk) -> None:
    desk.corpus(LAWS[:5])
    desk.build()
    server.lists[TAGS] = tags(OLD)
    assert again(desk).ask(KNOWN).listings["base"].known
    desk.corpus(LAWS[:6])
    served_identity.forget()
    assert desk.build() == "Served 1"
    # who made the first five, nobody can tell
    assert desk.opened.builds["base_16"]["weights"] == "served:ferry"
    desk.home = desk.home.with_name("another home")
    assert desk.build() == "Served 6"
    server.lists.clear()
    desk.corpus(LAWS)
    served_identity.forget()
    assert desk.build() == "Served 1"
    assert desk.opened.builds["base_16"]["weights"] == "served:ferry"


def test_a_name_is_not_taken_for_the_beginning_of_another(server: EmbeddingsServer, desk: Desk) -> None:
    desk.systems["base"]["model"] = "ferry@2"
    desk.build()
    desk.systems["base"]["model"] = "ferry"
    with pytest.raises(IndexFault, match=r"'served:ferry@2' instead of 'served:ferry';"):
        _ = again(desk).index


def test_two_servers_with_a_model_of_one_name(
    server: EmbeddingsServer, desk: Desk, pair_folder: Path
) -> None:
    with serving(pair_folder / "base") as second:
        desk.systems["other"] = {"label": "Other", "model": "ferry", "url": second.address}
        server.lists[TAGS], second.lists[TAGS] = tags(OLD), tags(NEW)
        assert desk.build() == "Served 7, Other 7"
        assert desk.columns == {"base_16", "base_4", "other_16", "other_4"}
        hits = {name: listing.hits for name, listing in again(desk).ask(FRESH).listings.items()}
        assert hits["base"] != hits["other"]


# Fields of requests


def test_fields_decide_about_columns_and_questions(server: EmbeddingsServer, desk: Desk) -> None:
    assert desk.build() == "Served 7"
    desk.systems["asked"] = desk.systems["base"] | {"query_prompt": "问题："}
    assert again(desk).pair.owners == {"base": "base", "asked": "base"}
    desk.systems["asked"]["query_fields.input_type"] = "query"
    assert again(desk).pair.owners["asked"] == "base"
    bench = again(desk)
    assert not bench.knows(KNOWN, ["asked"])
    bench.ask(KNOWN)
    assert server.requests[-1]["input_type"] == "query"
    del desk.systems["asked"]

    desk.systems["base"]["document_fields.input_type"] = "passage"
    wanted = """was built with document_fields '' instead of '{"input_type": "passage"}'"""
    desk.run("index", "verify", fault=wanted)
    assert desk.build() == "Served 7"
    assert {request.get("input_type") for request in server.requests[-3:] if len(request["input"]) == 7} == {
        "passage"
    }
    assert desk.opened.builds["base_16"]["document_fields"] == '{"input_type": "passage"}'
    assert "7 articles" in desk.run("index", "verify")


def test_an_index_of_an_older_version(server: EmbeddingsServer, desk: Desk) -> None:
    desk.build()
    database = lancedb.connect(desk.pair.index_uri(desk.home))
    for name in ("builds", "queries"):
        table = database.open_table(name)
        table.drop_columns([key for key in ("query_fields", "document_fields") if key in table.schema.names])
    (desk.home / "query_vectors.sqlite").unlink()
    server.requests.clear()
    assert again(desk).ask(KNOWN).listings["base"].known
    assert desk.build() == "Served 0"
    assert server.requests == []
    desk.corpus([*LAWS[:-1]])
    assert desk.build() == "Served 0"
    assert desk.opened.builds["base_16"]["document_fields"] == ""
    assert len(desk.opened.doc_ids) == len(ARTICLES) - 1
