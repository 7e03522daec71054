from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tests.conftest import WIDTH, save_model
from workbench.core.errors import EncoderError
from workbench.core.settings import DenseSystem, Pair
from workbench.encoders import QueryVectors, encoders_for
from workbench.encoders.backends.sentence_transformer import SentenceTransformerEncoder

TEXTS = ["渡船载客不得超过核定人数。", "灯塔由守塔人看管。"]


def test_vectors_are_those_of_sentence_transformers(pair: Pair, pair_folder: Path) -> None:
    model = SentenceTransformer(str(pair_folder / "tuned"), device="cpu")
    encoder = encoders_for(pair, pair_folder)["tuned"]
    for ours, theirs in (
        (encoder.encode_documents(TEXTS), model.encode(TEXTS, normalize_embeddings=True)),
        (encoder.encode_queries(TEXTS), model.encode(TEXTS, prompt="问题：", normalize_embeddings=True)),
    ):
        assert ours.shape == (2, WIDTH)
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_fingerprints_change_with_what_changes_the_vectors(pair_folder: Path, tmp_path: Path) -> None:
    location = str(pair_folder / "base")

    def fingerprints(location: str = location, **changes: str) -> tuple[str, str]:
        system = DenseSystem(label="x", model="base", **changes)  # type: ignore[arg-type]
        encoder = SentenceTransformerEncoder(system, location)
        return encoder.document_fingerprint, encoder.query_fingerprint

    document, query = fingerprints()
    assert fingerprints() == (document, query)
    assert fingerprints(query_prompt="q")[0] == document
    assert fingerprints(query_prompt="q")[1] != query
    assert fingerprints(document_template="{text}")[0] != document
    assert fingerprints(dtype="bfloat16")[0] != document
    save_model(tmp_path / "other", 9)
    assert fingerprints(str(tmp_path / "other"))[0] != document


@pytest.mark.parametrize("text", ["😀", "？！", "…"])
def test_a_text_without_a_known_character_is_refused(pair: Pair, pair_folder: Path, text: str) -> None:
    with pytest.raises(EncoderError, match="only zeros"):
        encoders_for(pair, pair_folder)["base"].encode_queries([text])


@pytest.mark.parametrize(
    ("found", "message"),
    [("missing", "does not exist"), ("empty", "modules.json is missing"), ("broken", "cannot be loaded")],
)
def test_a_model_that_cannot_be_loaded(tmp_path: Path, found: str, message: str) -> None:
    folder = tmp_path / found
    if found != "missing":
        folder.mkdir()
    if found == "broken":
        save_model(folder, 0)
        (folder / "model.safetensors").write_bytes(b"half a file")
    with pytest.raises(EncoderError, match=message):
        SentenceTransformerEncoder(DenseSystem(label="x", model=str(folder)), str(folder)).encode_queries(
            ["船"]
        )


def test_query_vectors_are_kept(
    pair: Pair, pair_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = encoders_for(pair, pair_folder)["base"]
    kept = QueryVectors(tmp_path / "vectors.sqlite")
    first = kept.encode(encoder, ["渡船", "灯塔", "渡船"])
    np.testing.assert_array_equal(first[0], first[2])
    monkeypatch.setattr(SentenceTransformerEncoder, "encode_queries", lambda *_: pytest.fail("encoded again"))
    np.testing.assert_array_equal(
        QueryVectors(tmp_path / "vectors.sqlite").encode(encoder, ["灯塔", "渡船"]), first[[1, 0]]
    )
    assert kept.holds(encoder, ["灯塔"])
    assert not kept.holds(encoder, ["船工"])


@pytest.mark.parametrize("content", [b"no database" * 100, None])
def test_a_cache_that_cannot_be_used(content: bytes | None, tmp_path: Path) -> None:
    if content:
        (tmp_path / "there").mkdir()
        (tmp_path / "there" / "vectors.sqlite").write_bytes(content)
    else:
        (tmp_path / "there").write_text("a file where the folder should be")
    with pytest.raises(
        EncoderError,
        match=r"vectors.sqlite: cannot be used \(.*\); remove that file, it is made anew; or choose another folder",
    ):
        QueryVectors(tmp_path / "there" / "vectors.sqlite")


def test_a_static_model_takes_no_length(pair: Pair, pair_folder: Path) -> None:
    system = replace(pair.dense["base"], max_seq_length=5)
    with pytest.raises(
        EncoderError,
        match="takes no max_seq_length: it is no transformer; take that key out of the pair file",
    ):
        SentenceTransformerEncoder(system, str(pair_folder / "base")).encode_queries(["船"])
