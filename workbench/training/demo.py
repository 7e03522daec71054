"""The demo pair: a base model trained on statute text alone, and the same tuned on questions as LawVault was."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from workbench.core.documents import format_document
from workbench.core.domain import Article, Scope
from workbench.core.settings import Pair, sample_queries
from workbench.core.vectors import Vectors
from workbench.corpora import read_corpus
from workbench.corpora.citations import Resolver
from workbench.query_sets.formats import read_queries
from workbench.query_sets.query_set import QuerySet, resolve_qrels
from workbench.training.demo_base import train_base
from workbench.training.mining_rules import MiningRules
from workbench.training.negatives import mine
from workbench.training.pseudo_queries import pseudo_queries
from workbench.training.recipes import Recipe, read_recipe
from workbench.training.rows import Row, dataset, with_negatives
from workbench.training.trainer import Run, train
from workbench.training.widened import widened

COUNTERPARTS = 3  # how many times more those articles come that have a counterpart in the other scope
RULES = MiningRules(negatives=6, across=6, depth=100)

Say = Callable[[str], None]


def train_demo_pair(pair: Pair, home: Path, say: Say) -> None:
    """Trains what is missing of `models/base` and `models/tuned` in the home folder, saying each stage."""
    began = perf_counter()
    articles = list(read_corpus(pair.corpus.sources, home).articles)
    template = next(iter(pair.dense.values())).document_template
    base, tuned = home / "models" / "base", home / "models" / "tuned"
    if not (base / "modules.json").is_file():
        national = [article for article in articles if not article.synthetic]
        say("Base model: learning from pseudo-queries from statute text, without labels")
        save(train_base(national, template, pair.dims, read_recipe("demo-base")), base)
        say(f"Base model: trained ({perf_counter() - began:.0f} s)")
    if not (tuned / "modules.json").is_file():
        queries = read_queries(sample_queries() / "train.jsonl")
        query_set = resolve_qrels("train", queries, Resolver(articles))
        model = SentenceTransformer(str(base), device="cpu")
        say(
            f"Tuned model: learning from {len(query_set.judged):,} questions, with hard negatives mined for each"
        )
        tune(model, articles, query_set, template, pair.dims, read_recipe("demo"))
        save(model, tuned)
        say(f"Tuned model: trained ({perf_counter() - began:.0f} s)")


def tune(
    model: SentenceTransformer,
    articles: Sequence[Article],
    query_set: QuerySet,
    template: str,
    dims: tuple[int, ...],
    recipe: Recipe,
    rules: MiningRules = RULES,
) -> None:
    """Trains `model` further on (question, right article, the model's own wrong top results of the other scope).

    Half of the rows are pseudo-queries, so that the few questions do not undo what the base has learnt. Their wrong
    article is the nearest in the other scope, where a local rule copies a national one.
    """
    pool = [*articles, *widened(articles, seed=recipe.seed)]
    texts = [format_document(article, template) for article in pool]
    vectors = _encoded(model, texts)
    questions = {query.query_id: query.text for query in query_set.judged}
    asked = _encoded(model, list(questions.values()))
    mined = mine(query_set, pool, asked, vectors, rules)
    places = {article.doc_id: place for place, article in enumerate(pool)}
    rows = with_negatives(
        (
            Row(
                questions[triplet.query_id],
                texts[places[triplet.positive.doc_id]],
                tuple(texts[places[negative.doc_id]] for negative in triplet.negatives),
            )
            for triplet in mined
        ),
        recipe.negatives,
    )
    rows += pseudo_rows(pool, len(articles), texts, vectors, count=len(rows), seed=recipe.seed)
    with TemporaryDirectory() as folder:
        train(model, dataset(rows), recipe, dims, Run(Path(folder)))


def pseudo_rows(
    pool: Sequence[Article], count_own: int, texts: Sequence[str], vectors: Vectors, *, count: int, seed: int
) -> list[Row]:
    """Pseudo-queries of the first `count_own` articles of `pool`, each against the nearest article of the other scope."""
    nearest = counterparts(pool, vectors)
    local = np.array([article.scope is Scope.LOCAL for article in pool])
    across = np.flatnonzero(local[nearest[:count_own]] != local[:count_own])
    drawn = np.concatenate([np.arange(count_own), across.repeat(COUNTERPARTS - 1)])
    asked = pseudo_queries([pool[place] for place in drawn], count, seed=seed + 1)
    return [
        Row(question, texts[drawn[position]], (texts[nearest[drawn[position]]],))
        for question, position in asked
    ]


def counterparts(articles: Sequence[Article], vectors: Vectors) -> NDArray[np.int64]:
    """For each article the position of a wrong one to learn the difference from: across a national law and the local
    rules that implement it the nearest on the other side, elsewhere the next article (at the end, the one before)."""
    nearest = np.arange(1, len(articles) + 1)
    nearest[-1] = len(articles) - 2
    laws: dict[str, list[int]] = {}
    carried_out: dict[str, list[int]] = {}
    for place, article in enumerate(articles):
        laws.setdefault(article.law, []).append(place)
        if article.implements:
            carried_out.setdefault(article.implements, []).append(place)
    for law in laws.keys() & carried_out.keys():
        national, local = np.array(laws[law]), np.array(carried_out[law])
        similarity = vectors[national] @ vectors[local].T
        nearest[national] = local[similarity.argmax(axis=1)]
        nearest[local] = national[similarity.argmax(axis=0)]
    return nearest


def save(model: SentenceTransformer, folder: Path) -> None:
    """Saves an ordinary SentenceTransformer folder; it appears complete or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as unfinished:
        model.save(str(Path(unfinished) / "model"), create_model_card=False)
        (Path(unfinished) / "model").rename(folder)


def _encoded(model: SentenceTransformer, texts: list[str]) -> Vectors:
    vectors: Vectors = model.encode(texts, batch_size=2_048, convert_to_numpy=True, show_progress_bar=False)
    return vectors
