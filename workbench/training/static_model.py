"""Training of static embeddings: texts tokenised once, and only the tokens that occur take part."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

POSITIVE = "positive"  # the column whose tokens are left out at random


def is_static(model: SentenceTransformer) -> bool:
    """Whether the model is a table of one vector a token, of which a text's vector is the mean."""
    return isinstance(model[0], StaticEmbedding)


class StaticTraining:
    """A static model while it is trained on `data`: its table holds only the tokens of these texts.

    Most of an alphabet never occurs; what is left out would be carried through every step for nothing. `dropout`: the
    share of a positive's tokens that are left out, so that a model does not lean on any single one; which ones, follows
    from the batch alone.
    """

    def __init__(self, model: SentenceTransformer, data: Dataset, dropout: float) -> None:
        self._embedding: Any = model[0]
        whole: Any = self._embedding.embedding
        tokenizer: Any = self._embedding.tokenizer
        self._whole = whole
        texts = list(dict.fromkeys(text for column in data.column_names for text in data[column]))
        encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        rows = [np.asarray(encoding.ids, np.int64) for encoding in encoded]
        self._token_ids = np.unique(np.concatenate(rows))
        compact = np.full(whole.num_embeddings, -1)
        compact[self._token_ids] = np.arange(len(self._token_ids))
        tokens = dict(zip(texts, (compact[row] for row in rows), strict=True))
        occurring = whole.weight.detach()[torch.from_numpy(self._token_ids)]
        self._set(torch.nn.EmbeddingBag.from_pretrained(occurring, freeze=False))
        self.collator = StaticCollator(tokens, dropout)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """The whole table meanwhile, with what was learnt so far: other texts hold other tokens."""
        compact = self._embedding.embedding
        self.finish()
        yield
        self._set(compact)

    def finish(self) -> None:
        """The whole table for good, with what was learnt."""
        learnt = self._embedding.embedding.weight.detach()
        with torch.no_grad():
            self._whole.weight[torch.from_numpy(self._token_ids)] = learnt.cpu()
        self._set(self._whole)

    def _set(self, table: Any) -> None:
        self._embedding.embedding = table
        self._embedding.num_embeddings = table.num_embeddings


@dataclass
class StaticCollator:
    """Batches as the trainer takes them: `anchor_input_ids`, `anchor_offsets`, `positive_input_ids` …"""

    tokens: Mapping[str, NDArray[np.int64]]
    dropout: float = 0.0
    valid_label_columns: tuple[str, ...] = ()

    def __call__(self, batch: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        inputs = {}
        for name in batch[0]:
            texts = [row[name] for row in batch]
            rows = [self.tokens[text] for text in texts]
            if name == POSITIVE and self.dropout:
                rows = _thinned(rows, self.dropout, seed=texts)
            inputs[f"{name}_input_ids"] = torch.from_numpy(np.concatenate(rows))
            inputs[f"{name}_offsets"] = torch.from_numpy(np.cumsum([0, *map(len, rows[:-1])]))
        return inputs


def _thinned(
    rows: Iterable[NDArray[np.int64]], dropout: float, *, seed: Sequence[str]
) -> list[NDArray[np.int64]]:
    digest = hashlib.sha256("\n".join(seed).encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8]))
    return [row[random.random(len(row)) >= dropout] for row in rows]
