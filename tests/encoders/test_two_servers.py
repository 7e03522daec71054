"""One model name on two servers, a server that moved, and indexes of before addresses were recorded."""

import re
from collections.abc import Iterator
from pathlib import Path

import lancedb
import pytest

from tests.conftest import ARTICLES, QUERIES
from tests.embeddings_server import EmbeddingsServer, serving
from tests.encoders.test_served_identity import FRESH, KNOWN, again
from tests.index.test_building_anywhere import LAWS, Desk
from workbench.core.errors import EncoderError, IndexFault
from workbench.encoders.backends import embeddings_api, served_probes


@pytest.fixture
def servers(
    pair_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[EmbeddingsServer, EmbeddingsServer]]:
    retries = embeddings_api.RETRIES.new(total=1, backoff_factor=0, backoff_jitter=0)
    monkeypatch.setattr(embeddings_api, "RETRIES", retries)
    with serving(pair_folder / "tuned") as first, serving(pair_folder / "base") as second:
        yield first, second


@pytest.fixture
def desk(tmp_path: Path, servers: tuple[EmbeddingsServer, EmbeddingsServer]) -> Desk:
    """A pair of two systems whose models have one name, and tell nothing else."""
    (tmp_path / "desk").mkdir()
    systems = {
        name: {"label": label, "model": "m", "url": f"{server.address}/v1"}
        for name, label, server in zip(("ollama", "tei"), ("Ollama", "TEI"), servers, strict=True)
    }
    made = Desk(tmp_path / "desk", tmp_path / "home", systems, dims=(16, 4))
    made.corpus(LAWS)
    (made.folder / "queries.jsonl").write_text(QUERIES, encoding="utf-8")
    made.top = 'queries = ["queries.jsonl"]'
    return made


def forget_addresses(desk: Desk) -> None:
    """The index as a version wrote it that recorded none, nor checksums of questions' vectors; those in the home folder are gone."""
    database = lancedb.connect(desk.pair.index_uri(desk.home))
    database.open_table("builds").drop_columns(["address"])
    database.open_table("queries").drop_columns(["address", "checksum"])
    (desk.home / "query_vectors.sqlite").unlink()
    served_probes.forget()


def texts(server: EmbeddingsServer) -> int:
    """How many it was asked for since the last time, without probes."""
    count = len(server.texts)
    server.requests.clear()
    return count


def test_each_server_is_asked_for_itself(
    desk: Desk, servers: tuple[EmbeddingsServer, EmbeddingsServer]
) -> None:
    assert desk.build() == "Ollama 7, TEI 7"
    assert [texts(server) for server in servers] == [
        len(ARTICLES) + 4
    ] * 2  # articles, and the set's questions
    builds = desk.opened.builds
    assert {builds["ollama_16"]["address"], builds["tei_16"]["address"]} == {
        f"{server.address}/v1/embeddings" for server in servers
    }
    listings = again(desk).ask(FRESH).listings
    assert [texts(server) for server in servers] == [1, 1]
    assert listings["ollama"].hits != listings["tei"].hits


def test_a_second_server_that_comes_later_is_asked_for_itself(
    desk: Desk, servers: tuple[EmbeddingsServer, EmbeddingsServer]
) -> None:
    second = desk.systems.pop("tei")
    desk.build()
    texts(servers[0])
    desk.systems["tei"] = second
    with pytest.raises(IndexFault, match="tei_16 is missing"):
        _ = again(desk).index
    assert desk.build() == "Ollama 0, TEI 7"
    assert [texts(server) for server in servers] == [0, 11]


def moved(desk: Desk, server: EmbeddingsServer) -> None:
    desk.systems["ollama"]["url"] = server.address


def test_a_server_that_moved(
    desk: Desk, servers: tuple[EmbeddingsServer, EmbeddingsServer], pair_folder: Path
) -> None:
    del desk.systems["tei"]
    desk.build()
    with serving(pair_folder / "tuned") as there:
        moved(desk, there)
        with pytest.raises(IndexFault) as caught:
            _ = again(desk).index
        assert re.search(
            r"built with address 'http://127.0.0.1:\d+/v1/embeddings' instead of 'http://127.0.0.1:\d+/v1/embeddings' \(it is another server, or it has moved",
            str(caught.value),
        )
        assert caught.value.remedy == f"run `workbench index build --pair {desk.file}`"
        said = desk.run("index", "build")
        assert "are those of" in said
        assert "encoded now: Ollama 0" in said
        assert texts(there) == len(ARTICLES) + 4  # a sample, and the questions
        assert desk.opened.builds["ollama_16"]["address"] == f"{there.address}/v1/embeddings"
        assert again(desk).ask(FRESH).listings


def test_a_server_that_moved_and_has_other_weights(
    desk: Desk, servers: tuple[EmbeddingsServer, EmbeddingsServer]
) -> None:
    del desk.systems["tei"]
    desk.build()
    moved(desk, servers[1])
    said = desk.run("index", "build")
    assert "are not this server's (least cosine" in said
    assert "encoded now: Ollama 7" in said


def test_other_weights_at_the_same_address(
    desk: Desk, servers: tuple[EmbeddingsServer, EmbeddingsServer]
) -> None:
    del desk.systems["tei"]
    desk.build()
    servers[0].encode = servers[1].own
    served_probes.forget()
    bench = again(desk)
    assert bench.ask(KNOWN).listings["ollama"].known
    with pytest.raises(
        EncoderError, match=r"the model behind that name has changed: articles have other vectors"
    ):
        bench.ask(FRESH)


def test_an_index_that_records_no_address_stays_usable_and_says_so(
    desk: Desk, servers: tuple[EmbeddingsServer, EmbeddingsServer]
) -> None:
    desk.build()
    forget_addresses(desk)
    info = desk.run("index", "info")
    for name, server in zip(("ollama", "tei"), servers, strict=True):
        assert f"{name}_16, {name}_4" in info
        assert (
            f"built before addresses were recorded, and taken to be of {server.address}/v1/embeddings; `workbench index build --pair {desk.file}`"
            in info
        )
    assert "fits the pair" in info
    for server in servers:
        server.requests.clear()
    assert again(desk).ask(FRESH).listings["ollama"].hits
    said = desk.run("index", "build")
    assert "encoded now: Ollama 0, TEI 0" in said
    assert said.count("are those of") == 2
    assert "before addresses" not in desk.run("index", "info")


def test_an_index_that_took_the_first_servers_vectors_for_the_second(
    desk: Desk, servers: tuple[EmbeddingsServer, EmbeddingsServer]
) -> None:
    servers[1].encode = servers[0].own  # as an earlier version had it: both columns of the first server
    desk.build()
    forget_addresses(desk)
    servers[1].encode = servers[1].own
    with pytest.raises(EncoderError, match=r"TEI at .* has changed"):
        again(desk).ask(FRESH)
    assert desk.build() == "Ollama 0, TEI 7"


def test_an_index_without_address_needs_no_server_for_what_it_has(
    desk: Desk, servers: tuple[EmbeddingsServer, EmbeddingsServer], pair_folder: Path
) -> None:
    del desk.systems["tei"]
    with serving(pair_folder / "tuned") as gone:
        moved(desk, gone)
        desk.build()
    forget_addresses(desk)
    said = desk.run("index", "build")
    assert "encoded now: Ollama 0" in said
    assert "vectors taken as they are, without comparing any: Ollama at" in said
    assert again(desk).ask(KNOWN).listings["ollama"].known
