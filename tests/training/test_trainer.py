"""The trainer held against a plain `SentenceTransformerTrainer`, and against itself where it was killed."""

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from safetensors import safe_open
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.base.sampler import NoDuplicatesBatchSampler
from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.training_args import BatchSamplers

from tests.conftest import ARTICLES
from tests.gemma import one_thread, save_gemma
from workbench.core.errors import TrainingError
from workbench.training.dev import DevSet
from workbench.training.recipes import Recipe, read_recipe
from workbench.training.rows import Row, dataset
from workbench.training.static_model import StaticCollator
from workbench.training.trainer import _SAMPLERS, Run, _Diary, precision_of, read_log, train

pytestmark = pytest.mark.usefixtures("single_thread")

TEXTS = [article.text for article in ARTICLES]
# Every article answers three questions and is the wrong one of three others: texts come more than once.
ROWS = [
    Row(f"问{part}：{text[part : part + 6]}", text, (TEXTS[(place + 1) % len(TEXTS)],))
    for place, text in enumerate(TEXTS)
    for part in range(3)
]
DEV = DevSet(
    {str(place): text[2:7] for place, text in enumerate(TEXTS)},
    {str(place): text for place, text in enumerate(TEXTS)},
    {str(place): {str(place)} for place in range(len(TEXTS))},
)
DIMS = (768, 128)
SETTINGS: dict[str, Any] = {
    "dim_weights": (1.0, 0.5),
    "scale": 15.0,
    "batch_size": 3,
    "accumulation": 2,
    "epochs": 3,
    "learning_rate": 1e-4,
    "schedule": "cosine",
    "warmup": 0.25,
    "weight_decay": 0.01,
    "max_grad_norm": 0.5,
    "precision": "float32",
    "seed": 7,
    "checkpoint_steps": 0,
}
STEPS, STEPS_AN_EPOCH = 12, 4
peft_warns = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


@pytest.fixture(scope="module")
def gemma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gemma")
    save_gemma(folder, TEXTS)
    return folder


@pytest.fixture
def static(pair_folder: Path) -> Path:
    return pair_folder / "base"


def loaded(folder: Path) -> SentenceTransformer:
    return SentenceTransformer(str(folder), device="cpu")


def trained(base: Path, run: Run, *, dims: tuple[int, ...] = DIMS, **changes: Any) -> SentenceTransformer:
    model = loaded(base)
    run.folder.mkdir(exist_ok=True)
    train(model, dataset(ROWS), Recipe(**(SETTINGS | changes)), dims, run)
    return model


def plain(
    base: Path, folder: Path, *, dims: tuple[int, ...] = DIMS, max_seq_length: int = 0, **changes: Any
) -> Any:
    """Model and logged losses of a trainer written out as the library's documentation does it."""
    model = loaded(base)
    if max_seq_length:
        model.max_seq_length = max_seq_length
    rows = {
        "anchor": [row.query for row in ROWS],
        "positive": [row.positive for row in ROWS],
        "negative": [row.negatives[0] for row in ROWS],
    }
    settings: dict[str, Any] = {
        "num_train_epochs": 3,
        "per_device_train_batch_size": 3,
        "gradient_accumulation_steps": 2,
        "learning_rate": 1e-4,
        "lr_scheduler_type": "cosine",
        "warmup_steps": STEPS // 4,
        "weight_decay": 0.01,
        "max_grad_norm": 0.5,
        "optim": "adamw_torch_fused",
        "batch_sampler": BatchSamplers.NO_DUPLICATES,
        "seed": 7,
        "use_cpu": True,
        "save_strategy": "no",
        "logging_steps": 1,
        "report_to": "none",
    }
    trainer = SentenceTransformerTrainer(
        model=model,
        args=SentenceTransformerTrainingArguments(output_dir=str(folder), **(settings | changes)),
        train_dataset=Dataset.from_dict(rows),
        loss=MatryoshkaLoss(
            model,
            MultipleNegativesRankingLoss(model, scale=15.0),
            matryoshka_dims=list(dims),
            matryoshka_weights=[1.0, 0.5],
        ),
    )
    trainer.train()
    return model, [line["loss"] for line in trainer.state.log_history if "loss" in line]


def weights(model: SentenceTransformer) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def differing(one: SentenceTransformer, other: SentenceTransformer) -> list[str]:
    """Names of the weights that are not the same bit by bit."""
    ours, theirs = weights(one), weights(other)
    assert ours.keys() == theirs.keys()
    return [name for name in ours if not torch.equal(ours[name], theirs[name])]


def log_of(folder: Path) -> list[dict[str, Any]]:
    """The log without times."""
    return [
        {key: value for key, value in line.items() if key != "seconds"}
        for line in read_log(folder / "log.jsonl")
    ]


# --- the same as the library's own trainer


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"precision": "float32"}, {}),
        ({"precision": "bfloat16"}, {"bf16": True}),
        ({"max_seq_length": 9}, {"max_seq_length": 9}),
        ({"batches": "batch_sampler"}, {"batch_sampler": BatchSamplers.BATCH_SAMPLER}),
    ],
    ids=["float32", "bfloat16", "shorter", "any batches"],
)
def test_weights_and_losses_are_those_of_a_plain_trainer(
    gemma: Path, tmp_path: Path, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    model = trained(gemma, Run(tmp_path / "ours"), **ours)
    other, losses = plain(gemma, tmp_path / "theirs", **theirs)
    assert differing(model, other) == []
    log = log_of(tmp_path / "ours")
    assert [line["loss"] for line in log] == losses
    assert [line["step"] for line in log] == list(range(1, len(losses) + 1))
    assert differing(model, loaded(gemma))


def test_a_static_model_learns_the_same_with_only_the_tokens_that_occur(static: Path, tmp_path: Path) -> None:
    model = trained(static, Run(tmp_path / "ours"), dims=(16, 4), learning_rate=0.05)
    other, losses = plain(static, tmp_path / "theirs", dims=(16, 4), learning_rate=0.05)
    held = occurring(model)
    # a plain trainer's weight decay shrinks what no text holds
    for one, theirs in zip(weights(model).values(), weights(other).values(), strict=True):
        torch.testing.assert_close(one[held], theirs[held], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose([line["loss"] for line in log_of(tmp_path / "ours")], losses, rtol=1e-4)
    assert losses[-1] < losses[0] / 2


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.*:FutureWarning")
def test_activations_computed_twice_change_nothing_but_memory(gemma: Path, tmp_path: Path) -> None:
    once = trained(gemma, Run(tmp_path / "once"), epochs=1)
    twice = trained(gemma, Run(tmp_path / "twice"), epochs=1, gradient_checkpointing=True)
    assert differing(once, twice) == []


@pytest.mark.parametrize("seed", [0, 7])
def test_batches_are_those_of_the_librarys_sampler(seed: int) -> None:
    data = dataset(ROWS)
    options: dict[str, Any] = {"batch_size": 4, "drop_last": False, "seed": seed}
    ours = _SAMPLERS["no_duplicates"](data, generator=torch.Generator(), **options)
    theirs = NoDuplicatesBatchSampler(data, generator=torch.Generator(), **options)
    for epoch in range(3):
        for sampler in (ours, theirs):
            sampler.set_epoch(epoch)
        batches = list(ours)
        assert batches == list(theirs)
        for batch in batches:
            texts = [text for place in batch for text in data[place].values()]
            assert len(set(texts)) == len(texts)


# --- killed and resumed

Dying = tuple[int, str, Callable[..., bool]]

# checkpoint_steps; and before which call on the diary the process dies
MOMENTS: dict[str, Dying] = {
    "before the first checkpoint": (3, "_write", lambda **line: line["step"] == 3),
    "between two checkpoints of an epoch": (3, "_write", lambda **line: line["step"] == 8),
    "while a checkpoint is written": (3, "on_save", lambda _, state, *__, **___: state.global_step == 6),
    "between an epoch's checkpoint and its measure": (4, "_measure", lambda _, epoch: epoch == 2),
    "between the best weights and their line": (
        4,
        "_write",
        lambda **line: line["epoch"] == 1 and "dev" in line,
    ),
    "in the epoch after a measure": (3, "_write", lambda **line: line["step"] == 5),
    "at the very end": (4, "_measure", lambda _, epoch: epoch == 3),
}


def _train_until(moment: str, base: Path, folder: Path) -> None:
    """Trains, and dies at `moment`."""
    steps, name, when = MOMENTS[moment]
    whole = getattr(_Diary, name)

    def dying(diary: Any, *arguments: Any, **named: Any) -> None:
        if when(*arguments, **named):
            os.kill(os.getpid(), signal.SIGKILL)
        whole(diary, *arguments, **named)

    setattr(_Diary, name, dying)
    with one_thread():
        trained(base, Run(folder, DEV.measure), checkpoint_steps=steps)


@pytest.fixture(scope="module")
def unbroken(gemma: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[SentenceTransformer, Path]:
    folder = tmp_path_factory.mktemp("unbroken")
    return trained(gemma, Run(folder, DEV.measure)), folder


def test_the_loss_falls(unbroken: tuple[SentenceTransformer, Path]) -> None:
    losses = [line["loss"] for line in log_of(unbroken[1]) if "loss" in line]
    assert len(losses) == STEPS
    assert np.mean(losses[-STEPS_AN_EPOCH:]) < np.mean(losses[:STEPS_AN_EPOCH]) / 2


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_goes_on_and_ends_with_the_same_weights_and_log(
    gemma: Path, unbroken: tuple[SentenceTransformer, Path], tmp_path: Path, moment: str
) -> None:
    context = get_context("forkserver")  # the libraries are imported once for all of them
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_train_until, args=(moment, gemma, tmp_path))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    lines = log_of(tmp_path)
    whole, folder = unbroken
    assert lines == log_of(folder)[: len(lines)]
    with (tmp_path / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"step": 9, "los')  # what a killed process may leave
    seen: list[int] = []
    run = Run(tmp_path, DEV.measure, progress=lambda step, *_: seen.append(step))
    model = trained(gemma, run, checkpoint_steps=MOMENTS[moment][0])
    assert differing(model, whole) == []
    assert log_of(tmp_path) == log_of(folder)
    kept = max((line["step"] for line in lines), default=0) // MOMENTS[moment][0] * MOMENTS[moment][0]
    if moment == "while a checkpoint is written":
        kept = 3
    assert seen == list(range(kept + 1, STEPS + 1))
    times = [line["seconds"] for line in read_log(tmp_path / "log.jsonl")]
    assert times == sorted(times)


class Stopped(Exception):
    pass


@contextmanager
def stopping(run: Run, step: int) -> Iterator[Run]:
    def stop(at: int, *_: Any) -> None:
        if at == step:
            raise Stopped

    with pytest.raises(Stopped):
        yield Run(run.folder, run.measure, stop)


@peft_warns
@pytest.mark.parametrize(
    ("model", "changes"),
    [
        ("gemma", {"precision": "bfloat16"}),
        ("gemma", {"lora_rank": 4, "lora_dropout": 0.3}),
        ("static", {"token_dropout": 0.5}),
        ("static", {"batches": "batch_sampler"}),
    ],
    ids=["bfloat16", "adapters", "left-out tokens", "any batches"],
)
def test_every_kind_of_run_goes_on_from_its_checkpoint(
    gemma: Path, static: Path, tmp_path: Path, model: str, changes: dict[str, Any]
) -> None:
    base, dims = (gemma, DIMS) if model == "gemma" else (static, (16, 4))
    one, other = Run(tmp_path / "unbroken", DEV.measure), Run(tmp_path / "stopped", DEV.measure)
    whole = trained(base, one, dims=dims, **changes)
    with stopping(other, step=6) as run:
        trained(base, run, dims=dims, checkpoint_steps=5, **changes)
    torch.manual_seed(1)  # what was drawn before must not matter
    assert differing(trained(base, other, dims=dims, checkpoint_steps=5, **changes), whole) == []
    assert log_of(other.folder) == log_of(one.folder)


# --- the best epoch


@pytest.mark.parametrize("kind", ["gemma", "static"])
@pytest.mark.parametrize(
    ("values", "best"),
    [((0.1, 0.3, 0.2), 2), ((0.3, 0.3, 0.1), 1), ((0.1, 0.2, 0.3), 3), ((0.0, 0.0, 0.0), 1)],
)
def test_the_best_epochs_weights_are_kept(
    gemma: Path, static: Path, tmp_path: Path, kind: str, values: tuple[float, ...], best: int
) -> None:
    seen: list[dict[str, torch.Tensor]] = []
    measured: list[bool] = []

    def measure(model: SentenceTransformer) -> float:
        seen.append(weights(model))
        measured.append(model.training)
        return values[len(seen) - 1]

    base, dims = (gemma, DIMS) if kind == "gemma" else (static, (16, 4))
    model = trained(base, Run(tmp_path, measure), dims=dims)
    assert measured == [False] * 3
    ends = weights(model)
    same = [
        all(torch.equal(ends[name], each[name]) for name in ends) and ends.keys() == each.keys()
        for each in seen
    ]
    assert same == [epoch == best for epoch in (1, 2, 3)]
    lines = [line for line in log_of(tmp_path) if "dev" in line]
    assert lines == [
        {"step": STEPS_AN_EPOCH * epoch, "epoch": epoch, "dev": value}
        for epoch, value in enumerate(values, 1)
    ]
    assert not model.training


def test_the_dev_measure_is_mrr_at_10(gemma: Path) -> None:
    model = loaded(gemma)
    scores = model.encode(list(DEV.queries.values())) @ model.encode(list(DEV.documents.values())).T
    ranks = 1 + (scores > np.diag(scores)[:, None]).sum(axis=1)
    assert 1 < ranks.max() <= 10
    assert DEV.measure(model) == pytest.approx((1 / ranks).mean())


# --- adapters


@peft_warns
def test_low_rank_adapters_change_linear_layers_alone_and_by_their_rank(gemma: Path, tmp_path: Path) -> None:
    before = weights(loaded(gemma))
    model = trained(gemma, Run(tmp_path), lora_rank=4)
    after = weights(model)
    assert after.keys() == before.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    linear = {name for name in before if re.search(r"(_proj|linear)\.weight$", name)}
    assert changed == linear
    for name in changed - {"2.linear.weight", "3.linear.weight"}:
        values = torch.linalg.svdvals((after[name] - before[name]).double())
        assert values[4:].max() < 1e-4 * values[0], name
    losses = [line["loss"] for line in log_of(tmp_path)]
    assert losses[-1] < losses[0]


@peft_warns
def test_adapters_begin_the_same_whatever_was_drawn_before(gemma: Path, tmp_path: Path) -> None:
    models = []
    for number in range(2):
        torch.manual_seed(number)
        models.append(trained(gemma, Run(tmp_path / str(number)), lora_rank=4, epochs=1))
    assert differing(*models) == []
    other = trained(gemma, Run(tmp_path / "other"), lora_rank=4, epochs=1, seed=8)
    assert differing(models[0], other)


@peft_warns
def test_a_folder_trained_with_adapters_loads_without_peft(
    gemma: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = trained(gemma, Run(tmp_path / "run"), lora_rank=4, epochs=1)
    model.save(str(tmp_path / "model"), create_model_card=False)
    names = {path.name for path in (tmp_path / "model").rglob("*")}
    assert not [name for name in names if "adapter" in name]
    with safe_open(tmp_path / "model" / "model.safetensors", "numpy") as file:
        assert not [key for key in file.keys() if "lora" in key or "base_layer" in key]  # noqa: SIM118
    monkeypatch.setitem(sys.modules, "peft", None)
    np.testing.assert_array_equal(loaded(tmp_path / "model").encode(TEXTS), model.encode(TEXTS))


def test_without_peft_the_message_says_what_to_install(
    gemma: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(
        TrainingError, match=r"^lora_rank: is 4, but this machine lacks peft; pip install .*lora"
    ):
        trained(gemma, Run(tmp_path), lora_rank=4)


# --- static embeddings


def occurring(model: SentenceTransformer) -> list[int]:
    texts = [text for row in ROWS for text in (row.query, row.positive, *row.negatives)]
    return sorted(
        {token for text in texts for token in model.tokenizer.encode(text, add_special_tokens=False).ids}
    )


def test_tokens_that_do_not_occur_keep_their_vectors(static: Path, tmp_path: Path) -> None:
    model = trained(static, Run(tmp_path, DEV.measure), dims=(16, 4))
    (before,), (after,) = (weights(each).values() for each in (loaded(static), model))
    assert after.shape == before.shape
    moved = (before != after).any(dim=1).nonzero().flatten().tolist()
    assert moved == occurring(model)
    assert len(moved) < len(before) / 100


def test_left_out_tokens_are_the_same_every_time(static: Path, tmp_path: Path) -> None:
    dropout = {"a": 0.5, "b": 0.5, "none": 0.0}
    models = {}
    for number, (name, share) in enumerate(dropout.items()):
        torch.manual_seed(number)
        models[name] = trained(static, Run(tmp_path / name), dims=(16, 4), token_dropout=share)
    assert differing(models["a"], models["b"]) == []
    assert differing(models["a"], models["none"])


def test_a_batch_holds_the_tokens_of_its_texts() -> None:
    tokens = {"甲": np.arange(40), "乙": np.arange(40, 60), "丙": np.arange(60, 61)}
    batch = [{"anchor": "丙", "positive": "甲"}, {"anchor": "乙", "positive": "乙"}]
    whole = StaticCollator(tokens)(batch)
    assert {name: value.tolist() for name, value in whole.items()} == {
        "anchor_input_ids": [60, *range(40, 60)],
        "anchor_offsets": [0, 1],
        "positive_input_ids": list(range(60)),
        "positive_offsets": [0, 40],
    }
    thinned = StaticCollator(tokens, 0.5)
    one, again, other = (thinned(rows) for rows in (batch, batch, batch[::-1]))
    left = one["positive_input_ids"].tolist()
    assert left == again["positive_input_ids"].tolist() == sorted(left)
    assert 15 < len(left) < 45
    assert sorted(other["positive_input_ids"].tolist()) != left
    assert one["anchor_input_ids"].tolist() == whole["anchor_input_ids"].tolist()
    assert one["positive_offsets"].tolist() == [0, sum(token < 40 for token in left)]


# --- memory and precision


@pytest.mark.parametrize(
    "fault",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.00 GB)"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"),
        MemoryError(),
    ],
    ids=["cuda", "mps", "processor", "python"],
)
@pytest.mark.parametrize(
    ("batch", "accumulation", "smaller"),
    [(24, 6, "batch_size = 12 and accumulation = 12"), (3, 2, "batch_size = 1 and accumulation = 6")],
)
def test_too_little_memory_says_what_to_lower(
    gemma: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    batch: int,
    accumulation: int,
    smaller: str,
) -> None:
    def forward(*_: Any, **__: Any) -> None:
        raise fault

    monkeypatch.setattr(MatryoshkaLoss, "forward", forward)
    with pytest.raises(TrainingError) as caught:
        trained(gemma, Run(tmp_path), batch_size=batch, accumulation=accumulation)
    assert caught.value.found == f"does not fit into memory with batch_size = {batch}"
    for advice in (smaller, "gradient_checkpointing = true", "max_seq_length", "lora_rank"):
        assert advice in caught.value.remedy


def test_other_faults_go_on_as_they_are(gemma: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forward(*_: Any, **__: Any) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(MatryoshkaLoss, "forward", forward)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        trained(gemma, Run(tmp_path))


@pytest.mark.parametrize(
    ("precision", "device", "card_has_it", "expected"),
    [
        ("auto", "cpu", True, "float32"),
        ("auto", "cuda", True, "bfloat16"),
        ("auto", "cuda", False, "float32"),
        ("float32", "cuda", True, "float32"),
        ("bfloat16", "cpu", False, "bfloat16"),
    ],
)
def test_precision_by_device(
    monkeypatch: pytest.MonkeyPatch, precision: str, device: str, card_has_it: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: card_has_it)
    assert precision_of(read_recipe("lawvault", precision=precision), torch.device(device)) == expected


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
def test_nothing_is_computed_in_float16(gemma: Path, tmp_path: Path, precision: str) -> None:
    seen: set[torch.dtype] = set()
    model = loaded(gemma)
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear):
            layer.register_forward_hook(lambda _, __, output: seen.add(output.dtype))
    train(
        model,
        dataset(ROWS),
        Recipe(**(SETTINGS | {"precision": precision, "epochs": 1})),
        DIMS,
        Run(tmp_path),
    )
    assert seen == {torch.bfloat16 if precision == "bfloat16" else torch.float32}
    assert {tensor.dtype for tensor in weights(model).values()} == {torch.float32}


def test_a_log_that_was_cut_off_is_read_without_its_last_line(tmp_path: Path) -> None:
    assert read_log(tmp_path / "log.jsonl") == []
    (tmp_path / "log.jsonl").write_text(json.dumps({"step": 1}) + '\n{"st', encoding="utf-8")
    assert read_log(tmp_path / "log.jsonl") == [{"step": 1}]
