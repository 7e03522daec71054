"""The demo pair: a base model trained on statute text alone, and the same tuned on questions as LawVault was."""

import random
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from time import perf_counter

from sentence_transformers import SentenceTransformer

from workbench.citations import Resolver
from workbench.corpora import read_corpus
from workbench.domain import Article
from workbench.index import format_document
from workbench.queries import QuerySet, judge, read_queries
from workbench.recipe.negatives import mine
from workbench.recipe.pairs import shortened, unlabelled_pairs
from workbench.recipe.tokenizer import train_tokenizer
from workbench.recipe.training import fit, new_model, save
from workbench.settings import Pair
from workbench.vectors import Vectors, normalise

SEED = 20_240_501
BASE_PAIRS, BASE_BATCH, BASE_RATE = 160_000, 1024, 0.02
EPOCHS, QUESTIONS, UNLABELLED, TUNED_RATE = 8, 256, 768, 0.01
NEGATIVES = 10  # mined for each question; every epoch draws one of them


def train_demo_pair(pair: Pair, home: Path, say: Callable[[str], None]) -> None:
    """Trains what is missing of `models/base` and `models/tuned` in the home folder, saying each stage."""
    began = perf_counter()
    articles = read_corpus(pair.corpus.sources)
    national = [article for article in articles if not article.synthetic]
    template = next(iter(pair.systems.values())).document_template
    say(f"Corpus: {len(articles):,} articles, {len(national):,} of them national law ({perf_counter() - began:.0f} s)")
    folder = home / "models"
    if not (folder / "base" / "modules.json").is_file():
        save(train_base(national, template, pair.dims, say), folder / "base")
        say(f"Base model: done ({perf_counter() - began:.0f} s)")
    if not (folder / "tuned" / "modules.json").is_file():
        query_set = judge("train", read_queries(str(files("workbench") / ".." / "sample_queries" / "train.jsonl")), Resolver(articles))
        model = SentenceTransformer(str(folder / "base"), device="cpu")
        tune(model, articles, query_set, template, pair.dims, say)
        save(model, folder / "tuned")
        say(f"Tuned model: done ({perf_counter() - began:.0f} s)")


def train_base(national: Sequence[Article], template: str, dims: Sequence[int], say: Callable[[str], None], *, pairs: int = BASE_PAIRS) -> SentenceTransformer:
    """A model that has read the national law and seen no question."""
    documents = [format_document(article, template) for article in national]
    model = new_model(train_tokenizer(documents), documents, dim=max(dims), seed=SEED)
    say(f"Base model: learning from {pairs:,} pairs of statute text, without labels")
    anchors, _, positives = zip(*unlabelled_pairs(national, pairs, template, seed=SEED), strict=True)
    fit(model, {"anchor": list(anchors), "positive": list(positives)}, dims=dims, batch=BASE_BATCH, rate=BASE_RATE, seed=SEED)
    return model


def tune(
    model: SentenceTransformer,
    articles: Sequence[Article],
    query_set: QuerySet,
    template: str,
    dims: Sequence[int],
    say: Callable[[str], None],
    *,
    epochs: int = EPOCHS,
) -> None:
    """Trains `model` further, in place, on (question, right article, the model's own wrong top result).

    Three quarters of each batch are pairs of statute text as before, so that the few questions do not undo what
    the base has learnt. Their wrong article is the local one that comes nearest, else a neighbour of the same law.
    """
    vectors = _encoded(model, [format_document(article, template) for article in articles])
    documents = [format_document(shortened(article), template) for article in articles]
    places = {article.doc_id: place for place, article in enumerate(articles)}
    questions = [query.text for query in query_set.judged]
    relevant = [{places[doc_id] for doc_id in query_set.qrels[query.query_id]} for query in query_set.judged]
    negatives = mine(_encoded(model, questions), vectors, relevant, count=NEGATIVES)
    say(f"Tuned model: learning from {len(questions):,} questions, with {NEGATIVES} hard negatives mined for each")
    chance = random.Random(SEED)  # noqa: S311
    labelled = [(row, place) for row, right in enumerate(relevant) for place in sorted(right)]
    national = [place for place, article in enumerate(articles) if not article.synthetic]
    contrasts = _contrasts(articles, vectors)
    copied = [place for place in national if articles[contrasts[place]].implements == articles[place].law]
    pool = national + 3 * copied  # national articles that local ones resemble come more often: they are the hard ones
    count = epochs * -(-len(labelled) // QUESTIONS) * UNLABELLED
    unlabelled = [
        (anchor, positive, documents[contrasts[pool[number]]])
        for anchor, number, positive in unlabelled_pairs([articles[place] for place in pool], count, template, seed=SEED + 1)
    ]
    resembled = set(copied)
    rows: list[tuple[str, str, str]] = []
    for _ in range(epochs):
        shuffled = chance.sample(labelled, len(labelled))
        for start in range(0, len(shuffled), QUESTIONS):
            for row, place in shuffled[start : start + QUESTIONS]:
                wrong = contrasts[place] if place in resembled and chance.random() < 0.5 else chance.choice(negatives[row])
                rows.append((questions[row], documents[place], documents[wrong]))
            rows += [unlabelled.pop() for _ in range(UNLABELLED)]
    columns = dict(zip(("anchor", "positive", "negative"), map(list, zip(*rows, strict=True)), strict=True))
    fit(model, columns, dims=dims, batch=QUESTIONS + UNLABELLED, rate=TUNED_RATE, seed=SEED)


def _contrasts(articles: Sequence[Article], vectors: Vectors) -> list[int]:
    """For each article a wrong one to learn the difference from: the nearest local one that implements its law,
    or else the next article (at the end, the one before), which is almost always of the same law."""
    contrasts = [place + 1 for place in range(len(articles))]
    contrasts[-1] = len(articles) - 2
    for law in {article.implements for article in articles if article.implements}:
        own = [place for place, article in enumerate(articles) if article.law == law]
        local = [place for place, article in enumerate(articles) if article.implements == law]
        if own:
            nearest = (vectors[own] @ vectors[local].T).argmax(axis=1)
            for place, choice in zip(own, nearest, strict=True):
                contrasts[place] = local[choice]
    return contrasts


def _encoded(model: SentenceTransformer, texts: Sequence[str]) -> Vectors:
    return normalise(model.encode(list(texts), batch_size=1024, show_progress_bar=False))
