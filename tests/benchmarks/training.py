"""What training costs at the model card's settings: `python -m tests.benchmarks.training [--model FOLDER]`.

Without --model: a full-size model of EmbeddingGemma's structure with random weights, made in a temporary folder (1.2 GB).
Rows are the demo's training questions with their article and another one of the same law, in texts of all lengths. --rows,
--batch-size, --accumulation, --precision, --lora-rank and --gradient-checkpointing as a machine has room. Prints triplets and
tokens a second, the memory taken, and on a graphics card how much of its bfloat16 peak is in use: 6 floating-point
operations a token and weight outside of the table of tokens (Kaplan et al. 2020).
"""

import argparse
import resource
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import torch
from sentence_transformers import SentenceTransformer

from tests.benchmarks.encoding import LEARNT_FROM, PEAKS, model_folder, weights_per_token
from tests.conftest import ROOT
from workbench import Workbench
from workbench.core.documents import format_document
from workbench.corpora import read_corpus
from workbench.corpora.citations import Resolver
from workbench.encoders.backends.devices import device_for
from workbench.query_sets.formats import read_queries
from workbench.query_sets.query_set import resolve_qrels
from workbench.training.recipes import read_recipe
from workbench.training.rows import Row, dataset
from workbench.training.trainer import Run, precision_of, train

DIMS = (768, 512, 256, 128)
TEMPLATE = "title: {law} {article} | text: {text}"
PROMPT = "task: search result | query: "


def rows(count: int, home: Path) -> tuple[list[Row], list[str]]:
    """Questions with their first article, and the article behind that one; and texts for a tokenizer to learn from."""
    articles = list(read_corpus(Workbench.open("demo", home=home).pair.corpus.sources, home).articles)
    places = {article.doc_id: place for place, article in enumerate(articles)}
    queries = read_queries(ROOT / "sample_queries" / "train.jsonl")
    query_set = resolve_qrels("train", queries, Resolver(articles))
    found = []
    for query in query_set.judged[:count]:
        place = places[next(iter(query_set.qrels[query.query_id]))]
        positive, negative = (
            format_document(articles[each], TEMPLATE) for each in (place, (place + 1) % len(articles))
        )
        found.append(Row(PROMPT + query.text, positive, (negative,)))
    return found, [
        format_document(article, TEMPLATE) for article in articles[:: len(articles) // LEARNT_FROM]
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model")
    parser.add_argument("--rows", type=int, default=1_440)
    parser.add_argument("--batch-size", type=int, default=24)
    parser.add_argument("--accumulation", type=int, default=6)
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto")
    parser.add_argument("--lora-rank", type=int, default=0)
    parser.add_argument("--gradient-checkpointing", action="store_true")
    given = parser.parse_args()
    with TemporaryDirectory() as home:
        data, learnt_from = rows(given.rows, Path(home))
    texts = [text for row in data for text in (row.query, row.positive, *row.negatives)]
    recipe = read_recipe(
        epochs=1,
        batch_size=given.batch_size,
        accumulation=given.accumulation,
        precision=given.precision,
        lora_rank=given.lora_rank,
        gradient_checkpointing=given.gradient_checkpointing,
        checkpoint_steps=0,
    )
    with model_folder(given.model, learnt_from) as folder, TemporaryDirectory() as work:
        device = device_for("auto")
        model = SentenceTransformer(str(folder), device=device, model_kwargs={"dtype": torch.float32})
        counted = model.tokenizer(texts, truncation=True, max_length=recipe.max_seq_length)
        tokens = sum(map(len, counted["input_ids"]))
        weights = weights_per_token(model)
        dims = tuple(dim for dim in DIMS if dim <= (model.get_embedding_dimension() or 0))
        began = perf_counter()
        train(model, dataset(data), recipe, dims, Run(Path(work)))
        seconds = perf_counter() - began
    flops = 6 * weights * tokens / seconds
    name = torch.cuda.get_device_name() if device.startswith("cuda") else "processor"
    peak = next((peak for part, peak in PEAKS.items() if part in name), None)
    share = f", {flops / peak:.0%} of its bfloat16 peak" if peak else ""
    print(
        f"{name}, {precision_of(recipe, model.device)}: {len(data):,} triplets of {tokens / len(data):.0f} tokens in"
        f" {seconds:.1f} s: {len(data) / seconds:.2f} triplets/s, {tokens / seconds:,.0f} tokens/s,"
        f" {flops / 1e12:.2f} TFLOP/s{share}; memory {_memory(device) / 1e9:.1f} GB"
    )


def _memory(device: str) -> int:
    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    main()
