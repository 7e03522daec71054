"""What must not pass: causal attention, old libraries, float16, damaged or pickled models, each with one message."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.gemma import QUERY_PROMPT, WIDTH, save_gemma
from workbench.core.errors import EncoderError
from workbench.core.settings import DenseSystem
from workbench.encoders import guards
from workbench.encoders.backends.sentence_transformer import SentenceTransformerEncoder

TEXTS = ["渡船载客不得超过核定人数。", "灯塔由守塔人看管。", guards.PROBE]
DENSE = "2_Dense/model.safetensors"


pytestmark = pytest.mark.usefixtures("single_thread")


@pytest.fixture(scope="module")
def gemma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gemma")
    save_gemma(folder, TEXTS)
    return folder


@pytest.fixture(scope="module")
def causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("causal")
    save_gemma(folder, TEXTS, bidirectional=False)
    return folder


@pytest.fixture
def copy(gemma: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(gemma, tmp_path / "model"))


def encoder(folder: Path, **settings: Any) -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder(
        DenseSystem(**{"label": "Tried", "model": str(folder), "query_prompt": QUERY_PROMPT} | settings),
        str(folder),
    )


def change_json(file: Path, **values: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | values), encoding="utf-8")


def change_weights(file: Path, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    save_file(
        {name: change(tensor) for name, tensor in load_file(file).items()}, file, metadata={"format": "pt"}
    )


def test_causal_attention_is_refused_unless_meant(gemma: Path, causal: Path) -> None:
    with pytest.raises(
        EncoderError,
        match=r"its attention is causal; wanted: attention in both directions; .*use_bidirectional_attention",
    ):
        encoder(causal).prepare()
    with pytest.raises(EncoderError, match="its attention is causal"):
        encoder(causal, bidirectional=True).encode_queries(["船"])
    assert encoder(causal, bidirectional=False).encode_documents(TEXTS).shape == (3, WIDTH)
    assert encoder(gemma).prepare() == []


@pytest.mark.parametrize(
    "settings", [{"max_seq_length": 3}, {"dtype": "bfloat16"}, {"max_seq_length": 3, "dtype": "bfloat16"}]
)
def test_both_directions_are_seen_whatever_the_settings(
    gemma: Path, causal: Path, settings: dict[str, Any]
) -> None:
    assert encoder(gemma, **settings).encode_documents(TEXTS).shape == (3, WIDTH)
    with pytest.raises(EncoderError, match="its attention is causal"):
        encoder(causal, **settings).prepare()


def test_a_probe_that_is_one_token_still_tells(gemma: Path) -> None:
    model = encoder(gemma)._model
    assert (
        len(model.tokenizer(guards.PROBE)["input_ids"]) == 3
    )  # with <bos> and <eos>: the tokenizer has learnt the whole text
    assert guards.sees_later_tokens(model) is True


def test_a_model_without_token_states_has_no_direction(pair_folder: Path) -> None:
    assert (
        encoder(pair_folder / "base", bidirectional=True).prepare() != []
    )  # but the note that it declares no prompt


@pytest.mark.parametrize(
    ("installed", "fits"),
    [("4.56.2", False), ("4.9.0", False), ("4.57.0.dev0", True), ("5.0.0rc1", True), ("10.1", True)],
)
def test_old_libraries_are_refused(
    gemma: Path, installed: str, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "version", lambda _: installed)
    if fits:
        guards.check_versions()
        return
    with pytest.raises(
        EncoderError,
        match=rf"transformers {installed}: runs EmbeddingGemma with causal attention.*pip install 'transformers>=4.57'",
    ):
        encoder(gemma).prepare()


@pytest.mark.parametrize(("dtype", "computed"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_weights_kept_in_float16_are_never_run_in_it(copy: Path, dtype: str, computed: torch.dtype) -> None:
    for file in copy.rglob("*.safetensors"):
        change_weights(file, lambda tensor: tensor.to(torch.float16))
    change_json(copy / "config.json", dtype="float16", torch_dtype="float16")
    tried = encoder(copy, dtype=dtype)
    assert tried.encode_documents(TEXTS).dtype == np.float32
    assert {parameter.dtype for parameter in tried._model.parameters()} == {computed}


def test_float16_that_came_to_be_all_the_same_is_refused(gemma: Path) -> None:
    tried = encoder(gemma)
    with pytest.raises(
        EncoderError, match=r'runs in float16, which EmbeddingGemma overflows; set dtype = "auto"'
    ):
        guards.check_model(tried._model.to(torch.float16), tried._system)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0])
def test_weights_that_give_no_usable_vectors(copy: Path, value: float) -> None:
    change_weights(copy / DENSE, lambda tensor: torch.full_like(tensor, value))
    with pytest.raises(
        EncoderError, match=r"Tried: gave 3 of 3 vectors with NaN, infinity or only zeros \(first: text 1, “"
    ):
        encoder(copy).encode_documents(TEXTS)


@pytest.mark.parametrize(
    ("prompts", "prompt", "note"),
    [
        ({"query": QUERY_PROMPT}, QUERY_PROMPT, []),
        (
            {"query": QUERY_PROMPT},
            "",
            [f'Tried: the model declares the query prompt "{QUERY_PROMPT}", the pair uses none'],
        ),
        ({}, "问：", ['Tried: the model declares the query prompt none, the pair uses "问："']),
        ({}, "", []),
    ],
)
def test_another_prompt_than_declared_is_noted(
    copy: Path, prompts: dict[str, str], prompt: str, note: list[str]
) -> None:
    change_json(copy / "config_sentence_transformers.json", prompts=prompts)
    assert encoder(copy, query_prompt=prompt).prepare() == note


def test_no_prompt_but_the_pairs_own_is_added(gemma: Path, copy: Path) -> None:
    change_json(
        copy / "config_sentence_transformers.json",
        default_prompt_name="query",
        prompts={"query": QUERY_PROMPT, "document": "x: "},
    )
    for prompt in ("", "问："):
        ours, plain = encoder(copy, query_prompt=prompt), encoder(gemma, query_prompt=prompt)
        np.testing.assert_array_equal(ours.encode_documents(TEXTS), plain.encode_documents(TEXTS))
        np.testing.assert_array_equal(ours.encode_queries(TEXTS), plain.encode_queries(TEXTS))


class Trap:
    """Unpickled, it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.mark, "unpickled"))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def without_tokenizer(folder: Path) -> None:
    for file in folder.glob("tokenizer*"):
        file.unlink()


def no_json(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text("{no JSON")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no tokenizer": without_tokenizer,
    "half the weights": lambda folder: cut(folder / "model.safetensors"),
    "half a dense layer": lambda folder: cut(folder / DENSE),
    "no weights": lambda folder: (folder / "model.safetensors").unlink(),
    "no dense weights": lambda folder: (folder / DENSE).unlink(),
    "config.json": no_json("config.json"),
    "modules.json": no_json("modules.json"),
    "half the modules": lambda folder: cut(folder / "modules.json"),
    "tokenizer.json": no_json("tokenizer.json"),
    "another width": lambda folder: change_json(folder / "2_Dense" / "config.json", in_features=65),
    "unknown kind": lambda folder: change_json(folder / "config.json", model_type="gemma9"),
    "empty modules": lambda folder: (folder / "modules.json").write_text("[]"),
    "modules of another shape": lambda folder: (folder / "modules.json").write_text('{"a": 1}'),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.filterwarnings("default")  # the libraries warn before they fail
def test_a_damaged_model_has_one_message(copy: Path, damage: str) -> None:
    DAMAGES[damage](copy)
    for attempt in (
        lambda: encoder(copy).encode_documents(TEXTS),
        lambda: encoder(copy).encode_queries(TEXTS),
    ):
        with pytest.raises(
            EncoderError, match=r"cannot be loaded|has no tokenizer|is no SentenceTransformer folder"
        ) as found:
            attempt()
        assert str(copy) in str(found.value)
        assert len(str(found.value)) < 1_000


@pytest.mark.parametrize("weights", ["model.safetensors", DENSE])
@pytest.mark.filterwarnings("default")
def test_nothing_is_unpickled(copy: Path, tmp_path: Path, weights: str) -> None:
    (copy / weights).unlink()
    with (copy / weights).with_name("pytorch_model.bin").open("wb") as file:
        pickle.dump({"linear.weight": Trap(tmp_path / "mark")}, file)
    with pytest.raises(
        EncoderError,
        match=r"pytorch_model.bin: is a pickle, which may run code of its own; wanted: model.safetensors",
    ):
        encoder(copy).prepare()
    assert not (tmp_path / "mark").exists()
    pickle.loads(pickle.dumps(Trap(tmp_path / "mark")))  # noqa: S301 (the trap works)
    assert (tmp_path / "mark").exists()


@pytest.mark.filterwarnings("default")
def test_code_that_comes_with_a_model_is_not_run(copy: Path, tmp_path: Path) -> None:
    (copy / "own.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'w').close()\nclass Own: pass\n")
    modules = json.loads((copy / "modules.json").read_text())
    (copy / "modules.json").write_text(json.dumps([modules[0] | {"type": "own.Own"}, *modules[1:]]))
    change_json(copy / "config.json", auto_map={"AutoModel": "own.Own", "AutoConfig": "own.Own"})
    with pytest.raises(EncoderError, match="cannot be loaded"):
        encoder(copy).prepare()
    assert not (tmp_path / "mark").exists()


def test_a_device_that_is_not_there(gemma: Path) -> None:
    with pytest.raises(
        EncoderError,
        match=r'device "tpu": is not on this machine; wanted: auto or .*cpu; choose one of these',
    ):
        encoder(gemma, device="tpu").prepare()
