"""Static embedding models and their training by `SentenceTransformerTrainer`."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from torch.utils.data import BatchSampler, SequentialSampler

from workbench.errors import CorpusError

SCALE = 12.0  # of cosines in the loss; 20, the library's default, did worse on half of the questions kept for choosing


def new_model(tokenizer: Tokenizer, texts: Sequence[str], *, dim: int, seed: int) -> SentenceTransformer:
    """A `StaticEmbedding` of random directions, as long as a token is rare (inverse document frequency in `texts`)."""
    frequency = np.zeros(tokenizer.get_vocab_size())
    for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        frequency[np.unique(encoding.ids)] += 1
    if not frequency.any():
        raise CorpusError("training", "the texts hold no known character", remedy="give Chinese statute text")
    weight = np.log(len(texts) / np.maximum(frequency, 1))
    weight[frequency < 3] *= 0.1  # hardly seen: too little evidence to weigh much
    random = np.random.default_rng(seed).standard_normal((len(frequency), dim), np.float32)
    embedding = StaticEmbedding(tokenizer, embedding_weights=(random / dim**0.5 * weight[:, None]).astype(np.float32))
    return SentenceTransformer(modules=[embedding], device="cpu")


def fit(model: SentenceTransformer, columns: dict[str, list[str]], *, dims: Sequence[int], batch: int, rate: float, seed: int) -> None:
    """Trains `model` in place, once over `columns` (anchor, positive and perhaps negative) in the order given.

    Loss: MatryoshkaLoss over MultipleNegativesRankingLoss with weight 1 for each of `dims`, as the model card of
    EmbeddingGemma-300M-LawVault states.
    """
    torch.manual_seed(seed)
    loss = MatryoshkaLoss(model, MultipleNegativesRankingLoss(model, scale=SCALE), list(dims))
    with TemporaryDirectory() as folder:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=folder,
            num_train_epochs=1,
            per_device_train_batch_size=batch,
            learning_rate=rate,
            warmup_steps=0.05,
            lr_scheduler_type="linear",
            optim="adamw_torch_fused",
            max_grad_norm=0.0,
            weight_decay=0.0,
            batch_sampler=_in_order,
            seed=seed,
            data_seed=seed,
            use_cpu=True,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            dataloader_pin_memory=False,
        )
        SentenceTransformerTrainer(model=model, args=arguments, train_dataset=Dataset.from_dict(columns), loss=loss).train()


def _in_order(dataset: Dataset, batch_size: int, drop_last: bool, **_: Any) -> BatchSampler:
    return BatchSampler(SequentialSampler(dataset), batch_size, drop_last)


def save(model: SentenceTransformer, folder: Path) -> None:
    """Saves an ordinary SentenceTransformer folder; it appears complete or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as unfinished:
        model.save(str(Path(unfinished) / "model"), create_model_card=False)
        (Path(unfinished) / "model").rename(folder)
