"""The demo's base model: a static embedding that has read the national law and seen no question."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer

from workbench.core.documents import format_document
from workbench.core.domain import Article
from workbench.core.vectors import Vectors
from workbench.training.pseudo_queries import pseudo_queries
from workbench.training.recipes import Recipe
from workbench.training.rows import Row, dataset
from workbench.training.tokenizer import train_tokenizer
from workbench.training.trainer import Run, train

PSEUDO_QUERIES = 250_000


def train_base(
    national: Sequence[Article],
    template: str,
    dims: tuple[int, ...],
    recipe: Recipe,
    *,
    count: int = PSEUDO_QUERIES,
) -> SentenceTransformer:
    """A static model whose vectors have the widest of `dims`, trained on `count` pseudo-queries of the articles."""
    texts = [format_document(article, template) for article in national]
    tokenizer = train_tokenizer(texts)
    weights = initial_weights(texts, tokenizer, dim=max(dims), seed=recipe.seed)
    model = SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_weights=weights), Normalize()], device="cpu"
    )
    asked = pseudo_queries(national, count, seed=recipe.seed)
    rows = [Row(question, texts[position]) for question, position in asked]
    with TemporaryDirectory() as folder:
        train(model, dataset(rows), recipe, dims, Run(Path(folder)))
    return model


def initial_weights(texts: Sequence[str], tokenizer: Tokenizer, *, dim: int, seed: int) -> Vectors:
    """(tokens, dim) float32: a random direction a token, as long as the token is rare, so that training starts near TF-IDF.

    Tokens that the texts hardly hold start near zero: too little is known of them to drown a question's other words.
    """
    size = tokenizer.get_vocab_size()
    encoded = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    held = np.concatenate([np.unique(encoding.ids) for encoding in encoded])
    frequency = np.bincount(held, minlength=size)
    weight = np.log(len(texts) / np.maximum(frequency, 1))
    weight[frequency < 3] *= 0.1
    weight[frequency == 0] /= 2
    directions = np.random.default_rng(seed).standard_normal((size, dim), np.float32) / dim**0.5
    return (directions * weight[:, None]).astype(np.float32)
