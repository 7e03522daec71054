"""Static embedding models and their training by `SentenceTransformerTrainer`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer
from torch.nn.functional import embedding_bag

from workbench.core.vectors import Vectors, normalise
from workbench.training.tokenizer import TokenizedTexts, Tokens

SCALE = 12.0  # of cosines in the loss: 20, the library's default, learns the pseudo-questions too well

Collate = Callable[[Mapping[str, NDArray[np.int64]]], dict[str, Tokens]]


def initial_weights(documents: TokenizedTexts, size: int, *, dim: int, seed: int) -> Vectors:
    """(size, dim) float32: a random direction per token, as long as the token is rare, so that training starts near TF-IDF.

    Tokens that the text hardly holds start near zero: too little is known of them to drown a question's other words.
    """
    frequency = documents.document_frequency(size)
    weight = np.log(len(documents) / np.maximum(frequency, 1))
    weight[frequency < 3] *= 0.1
    weight[frequency == 0] /= 2
    directions = np.random.default_rng(seed).standard_normal((size, dim), np.float32) / dim**0.5
    return (directions * weight[:, None]).astype(np.float32)


def fit(
    weights: Vectors,
    tokenizer: Tokenizer,
    rows: Mapping[str, Sequence[int]],
    collate: Collate,
    *,
    token_ids: NDArray[np.int64],
    dims: Sequence[int],
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
) -> Vectors:
    """The weights after training; only the rows `token_ids` take part, as most of the alphabet never occurs.

    `rows`: columns of numbers, of which `collate` makes the tokens of anchor, positive and perhaps negative.
    Loss: MatryoshkaLoss over MultipleNegativesRankingLoss with weight 1 for each of `dims`, as the model card of
    EmbeddingGemma-300M-LawVault states.
    """
    compact = torch.full((len(weights),), -1)
    compact[torch.from_numpy(token_ids)] = torch.arange(len(token_ids))
    embedding = StaticEmbedding(tokenizer, embedding_weights=weights[token_ids])
    model = SentenceTransformer(modules=[embedding], device="cpu")
    model.model_card_data.generate_widget_examples = False
    loss = MatryoshkaLoss(model, MultipleNegativesRankingLoss(model, scale=SCALE), list(dims))
    with TemporaryDirectory() as folder:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=folder,
            num_train_epochs=epochs,
            per_device_train_batch_size=batch_size,
            learning_rate=learning_rate,
            warmup_steps=0.05,
            lr_scheduler_type="linear",
            optim="adamw_torch_fused",
            max_grad_norm=0.0,
            seed=seed,
            use_cpu=True,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
        )
        SentenceTransformerTrainer(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_dict(dict(rows)),
            loss=loss,
            data_collator=_Collator(collate, compact),  # type: ignore[arg-type]  # any callable will do
        ).train()
    trained = weights.copy()
    trained[token_ids] = embedding.embedding.weight.detach().numpy()
    return trained


class _Collator:
    """Batches of rows as the trainer takes them: `anchor_input_ids`, `anchor_offsets`, `positive_input_ids` …"""

    valid_label_columns: tuple[str, ...] = ()

    def __init__(self, collate: Collate, compact: torch.Tensor) -> None:
        self._collate = collate
        self._compact = compact

    def __call__(self, batch: Sequence[Mapping[str, int]]) -> dict[str, Any]:
        columns = {name: np.array([row[name] for row in batch]) for name in batch[0]}
        inputs = {}
        for name, (ids, offsets) in self._collate(columns).items():
            inputs[f"{name}_input_ids"] = self._compact[ids]
            inputs[f"{name}_offsets"] = offsets
        return inputs


def encode(weights: Vectors, texts: TokenizedTexts) -> Vectors:
    """(len(texts), d) float32, unit rows: what the saved model gives for these texts."""
    table = torch.from_numpy(weights)
    chunks = np.array_split(np.arange(len(texts)), max(1, len(texts) // 2048))
    batches = (texts.batch(rows) for rows in chunks)
    means = [embedding_bag(ids, table, offsets, mode="mean") for ids, offsets in batches]
    return normalise(torch.cat(means).numpy())


def save(weights: Vectors, tokenizer: Tokenizer, folder: Path) -> None:
    """Saves an ordinary SentenceTransformer folder; it appears complete or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    model = SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_weights=weights), Normalize()], device="cpu"
    )
    with TemporaryDirectory(dir=folder.parent) as unfinished:
        model.save(str(Path(unfinished) / "model"), create_model_card=False)
        (Path(unfinished) / "model").rename(folder)


def load(folder: Path) -> tuple[Vectors, Tokenizer]:
    """Weights and tokenizer of a folder that `save` wrote."""
    embedding: Any = SentenceTransformer(str(folder), device="cpu")[0]
    return embedding.embedding.weight.detach().numpy().copy(), embedding.tokenizer
