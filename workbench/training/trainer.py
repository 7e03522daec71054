"""Training by `SentenceTransformerTrainer`: one way for every kind of model, with checkpoints to go on from."""

import json
import math
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

import numpy as np
import torch
from datasets import Dataset, disable_progress_bars
from safetensors.torch import load_model, save_model
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.base.sampler import NoDuplicatesBatchSampler
from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss
from transformers import PrinterCallback, TrainerCallback
from transformers.utils import logging

from workbench.core.errors import TrainingError
from workbench.training.adapters import LowRankTraining
from workbench.training.recipes import Recipe
from workbench.training.static_model import StaticTraining, is_static

_NO_MEMORY = re.compile("out of memory|can't allocate memory", re.IGNORECASE)
_WEIGHTS, _COMPLETE = "model.safetensors", "complete"
Measure = Callable[[SentenceTransformer], float]


class Kind(Protocol):
    """A model made ready to be trained; `collator`: what makes batches, None for the trainer's own."""

    @property
    def collator(self) -> Any: ...
    def whole(self) -> AbstractContextManager[None]:
        """The model as it takes any text, meanwhile."""
        ...

    def finish(self) -> None:
        """The model as it is to be saved."""
        ...


@dataclass(frozen=True)
class Run:
    """Where a run keeps what it needs to go on, and whom it tells.

    `folder`: for checkpoints, the log and the best weights; `measure`: of the dev set, higher is better, after each
    epoch; `progress(step, steps, loss)`.
    """

    folder: Path
    measure: Measure | None = None
    progress: Callable[[int, int, float], None] = lambda *_: None

    @property
    def log(self) -> Path:
        return self.folder / "log.jsonl"

    @property
    def best(self) -> Path:
        return self.folder / "best.safetensors"

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def last_checkpoint(self) -> Path | None:
        """The newest complete one."""
        complete = [file.parent for file in self.checkpoints.glob(f"checkpoint-*/{_COMPLETE}")]
        return max(complete, key=lambda folder: int(folder.name.rpartition("-")[2]), default=None)

    def clear(self) -> None:
        """Removes what was not finished when an earlier start was stopped."""
        for folder in self.checkpoints.glob("checkpoint-*"):
            if not (folder / _COMPLETE).is_file():
                shutil.rmtree(folder)
        if self.last_checkpoint is None:
            self.best.unlink(missing_ok=True)


def train(model: SentenceTransformer, data: Dataset, recipe: Recipe, dims: tuple[int, ...], run: Run) -> None:
    """Trains `model` in place on `data`, from the last complete checkpoint of the run where there is one.

    `dims`: that the loss is summed over. With `run.measure` the model ends with the weights of its best epoch.
    A TrainingError where memory does not suffice.
    """
    disable_progress_bars()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    model.train()
    kind = _kind(model, data, recipe)
    inner = MultipleNegativesRankingLoss(model, scale=recipe.scale)
    diary = _Diary(run, model, kind)
    run.clear()
    last = run.last_checkpoint
    with _memory(recipe):
        trainer = _Trainer(
            model=model,
            args=_arguments(recipe, model, run),
            train_dataset=data,
            loss=MatryoshkaLoss(model, inner, list(dims), recipe.weights_of(dims)),
            data_collator=kind.collator,
            callbacks=[diary],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    if run.best.is_file():
        load_model(model, run.best)
    kind.finish()
    model.eval()


def precision_of(recipe: Recipe, device: torch.device) -> str:
    """What is computed in on `device`: never float16, which EmbeddingGemma overflows."""
    if recipe.precision != "auto":
        return recipe.precision
    on_card = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bfloat16" if on_card else "float32"


def _kind(model: SentenceTransformer, data: Dataset, recipe: Recipe) -> Kind:
    if is_static(model):
        return StaticTraining(model, data, recipe.token_dropout)
    if recipe.max_seq_length:
        model.max_seq_length = min(recipe.max_seq_length, model.max_seq_length or recipe.max_seq_length)
    return LowRankTraining(model, recipe)


def check_fits(model: SentenceTransformer, recipe: Recipe) -> None:
    """A TrainingError where the recipe asks for what this kind of model does not have."""
    others, kind = _LACKING[is_static(model)]
    for key in others:
        if value := getattr(recipe, key):
            raise TrainingError(key, f"is {value}, but the model is {kind}", remedy=f"leave out {key}")


# Whether a model is static -> the keys that mean nothing to it, and why.
_LACKING = {
    True: (("lora_rank", "gradient_checkpointing"), "a static embedding, which has no layers"),
    False: (("token_dropout",), "no static embedding"),
}


def _arguments(recipe: Recipe, model: SentenceTransformer, run: Run) -> SentenceTransformerTrainingArguments:
    return SentenceTransformerTrainingArguments(
        output_dir=str(run.checkpoints),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.accumulation,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.schedule,
        warmup_steps=recipe.warmup,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.max_grad_norm,
        bf16=precision_of(recipe, model.device) == "bfloat16",
        gradient_checkpointing=recipe.gradient_checkpointing or None,  # False warns of a name that changes
        gradient_checkpointing_kwargs={"use_reentrant": False} if recipe.gradient_checkpointing else None,
        batch_sampler=_SAMPLERS[recipe.batches],
        optim="adamw_torch_fused",
        seed=recipe.seed,
        use_cpu=model.device.type == "cpu",
        save_strategy="steps" if recipe.checkpoint_steps else "no",
        save_steps=recipe.checkpoint_steps or 500,
        save_total_limit=2,
        logging_strategy="steps",
        logging_steps=1,
        report_to="none",
        disable_tqdm=True,
    )


class _Trainer(SentenceTransformerTrainer):
    """Checkpoints hold the weights alone, whatever the model is made of, and count once they are complete."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        folder = Path(output_dir or self.args.output_dir or ".")
        folder.mkdir(parents=True, exist_ok=True)
        save_model(self.model, str(folder / _WEIGHTS))

    def _load_from_checkpoint(self, checkpoint_path: str, *_: Any) -> None:
        load_model(self.model, str(Path(checkpoint_path) / _WEIGHTS))

    def add_model_card_callback(self, *_: Any) -> None:
        """A card of its own is written with the finished model."""


class _NoDuplicates(NoDuplicatesBatchSampler):
    """The library's sampler with every text hashed once, in this process: it would fork one for that."""

    def _build_hashes(self) -> None:
        if self._row_hashes is None:
            columns = [self.dataset[name] for name in self.dataset.column_names]
            self._row_hashes = np.array([[hash(text) for text in row] for row in zip(*columns, strict=True)])


_SAMPLERS: dict[str, Any] = {
    "no_duplicates": partial(_NoDuplicates, precompute_hashes=True),
    "batch_sampler": "batch_sampler",
}


class _Diary(TrainerCallback):
    """Writes every step's loss and every epoch's dev measure as JSON lines, and keeps the best epoch's weights."""

    def __init__(self, run: Run, model: SentenceTransformer, kind: Kind) -> None:
        self._run = run
        self._model = model
        self._kind = kind
        self._began = perf_counter()
        self._before = 0.0  # seconds of earlier runs

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        lines = [line for line in read_log(self._run.log) if line.get("step", 0) <= state.global_step]
        self._before = max((line["seconds"] for line in lines), default=0.0)
        self._run.log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        self._steps_an_epoch = max(1, -(-state.max_steps // int(args.num_train_epochs)))
        epochs, rest = divmod(state.global_step, self._steps_an_epoch)
        if epochs and not rest:  # stopped between an epoch's last step and its measure
            self._measure(state, epochs)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if logs and "loss" in logs:
            loss = float(logs["loss"])
            if not math.isfinite(loss):
                remedy = "lower learning_rate, or set precision = float32"
                raise TrainingError("loss", f"is {loss} at step {state.global_step}", remedy=remedy)
            rate = float(logs.get("learning_rate", 0))
            self._write(step=state.global_step, epoch=round(state.epoch, 4), loss=loss, learning_rate=rate)
            self._run.progress(state.global_step, state.max_steps, loss)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._measure(state, round(state.epoch))

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        (self._run.checkpoints / f"checkpoint-{state.global_step}" / _COMPLETE).touch()

    def _measure(self, state: Any, epoch: int) -> None:
        """The dev measure of an epoch; its weights stay where it is the best so far."""
        earlier = {line["epoch"]: line["dev"] for line in read_log(self._run.log) if "dev" in line}
        if self._run.measure is None or epoch in earlier:
            return
        self._model.eval()
        with self._kind.whole():
            value = self._run.measure(self._model)
        self._model.train()
        if value > max(earlier.values(), default=float("-inf")):
            unfinished = self._run.best.with_suffix(".unfinished")
            save_model(self._model, str(unfinished))
            unfinished.replace(self._run.best)
        self._write(step=state.global_step, epoch=epoch, dev=value)

    def _write(self, **line: Any) -> None:
        line["seconds"] = round(self._before + perf_counter() - self._began, 2)
        with self._run.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log, oldest first; a last one that was cut off is left out."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


@contextmanager
def _memory(recipe: Recipe) -> Iterator[None]:
    """Says what to lower where memory does not suffice."""
    try:
        yield
    except (RuntimeError, MemoryError) as fault:  # on a graphics card it has a class of its own
        if not isinstance(fault, MemoryError) and not _NO_MEMORY.search(str(fault)):
            raise
        smaller = max(1, recipe.batch_size // 2)
        more = -(-recipe.batch_size * recipe.accumulation // smaller)
        raise TrainingError(
            "training",
            f"does not fit into memory with batch_size = {recipe.batch_size}",
            remedy=f"set batch_size = {smaller} and accumulation = {more}, gradient_checkpointing = true, "
            "a smaller max_seq_length, or lora_rank = 16",
        ) from fault
