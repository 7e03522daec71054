"""Static embedding models (one vector a token, their mean) read without torch, which takes seconds to import."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.vectors import Vectors

_KINDS = ("StaticEmbedding", "Normalize")


@dataclass(frozen=True)
class StaticModel:
    """`tokenizer`: a Hugging Face tokenizer; `embeddings`: (tokens, d) float32."""

    tokenizer: Any
    embeddings: Vectors

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, d) float32, unit rows; a text without tokens gives zeros, as `sentence_transformers` does."""
        vectors = np.zeros((len(texts), self.embeddings.shape[1]), np.float32)
        for row, encoding in zip(
            vectors, self.tokenizer.encode_batch(list(texts), add_special_tokens=False), strict=True
        ):
            if encoding.ids:
                row[:] = self.embeddings[encoding.ids].mean(axis=0)
                row /= np.linalg.norm(row) or 1
        return vectors


def read_static(folder: Path) -> StaticModel | None:
    """The model in a SentenceTransformer folder, or None where it is of another kind, which only torch can run."""
    if not (folder / "modules.json").is_file():
        return None
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        kinds = tuple(module["type"].rpartition(".")[2] for module in modules)
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
    ):  # loading it with `sentence_transformers` says what is wrong
        return None
    if kinds != _KINDS:
        return None
    from safetensors import SafetensorError
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    at = folder / modules[0]["path"]
    try:
        return StaticModel(
            Tokenizer.from_file(str(at / "tokenizer.json")),
            load_file(at / "model.safetensors")["embedding.weight"],
        )
    except (OSError, KeyError, SafetensorError):  # as above
        return None
