"""The demo pair: a base model trained on statute text alone, and the same tuned on questions as LawVault was."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from workbench.core.documents import format_document
from workbench.core.domain import Article
from workbench.core.settings import Pair, sample_queries
from workbench.core.vectors import Vectors
from workbench.corpora import read_corpus
from workbench.corpora.citations import Resolver
from workbench.query_sets.formats import read_queries
from workbench.query_sets.query_set import QuerySet, resolve_qrels
from workbench.training.negatives import mine
from workbench.training.pseudo_queries import unlabelled_pairs
from workbench.training.tokenizer import TokenizedTexts, Tokens, joined, train_tokenizer
from workbench.training.trainer import encode, fit, initial_weights, load, save

SEED = 20_240_501
BASE_PAIRS, BASE_BATCH, BASE_RATE = 250_000, 1024, 0.02
DROPOUT = 0.3  # of an article's tokens while training: a model must not lean on any single one
EPOCHS, QUESTIONS, TUNED_RATE = 10, 512, 0.01
UNLABELLED_PAIRS = 60_000  # to draw from while tuning
TWINNED = 3  # how many times more those articles come that have a twin in the other scope
NEGATIVES = 10  # mined for each question, of which each epoch draws one
LONGEST = 200  # tokens of a wrong article that count: time grows with length, and most articles are shorter

Say = Callable[[str], None]


def train_demo_pair(pair: Pair, home: Path, say: Say) -> None:
    """Trains what is missing of `models/base` and `models/tuned` in the home folder, saying each stage."""
    began = perf_counter()
    articles = read_corpus(pair.corpus.sources, home).articles
    template = next(iter(pair.systems.values())).document_template
    folder = home / "models"
    if not (folder / "base" / "modules.json").is_file():
        national = [article for article in articles if not article.synthetic]
        save(*train_base(national, template, pair.dims, say), folder / "base")
        say(f"Base model: trained ({perf_counter() - began:.0f} s)")
    if not (folder / "tuned" / "modules.json").is_file():
        query_set = resolve_qrels(
            "train",
            read_queries(sample_queries() / "train.jsonl"),
            Resolver(articles),
        )
        weights, tokenizer = load(folder / "base")
        save(
            tune(weights, tokenizer, articles, query_set, template, pair.dims, say),
            tokenizer,
            folder / "tuned",
        )
        say(f"Tuned model: trained ({perf_counter() - began:.0f} s)")


def train_base(
    national: Sequence[Article], template: str, dims: Sequence[int], say: Say, *, count: int = BASE_PAIRS
) -> tuple[Vectors, Tokenizer]:
    """A model that has read the national law and seen no question."""
    texts = [format_document(article, template) for article in national]
    tokenizer = train_tokenizer(texts)
    documents = TokenizedTexts(tokenizer, texts)
    anchors, positions = zip(*unlabelled_pairs(national, count, seed=SEED), strict=True)
    questions, right = TokenizedTexts(tokenizer, anchors), np.array(positions)
    random = np.random.default_rng(SEED)

    def collate(columns: Mapping[str, NDArray[np.int64]]) -> dict[str, Tokens]:
        rows = columns["pair"]
        return {
            "anchor": questions.batch(rows),
            "positive": documents.batch(right[rows], dropout=DROPOUT, random=random),
        }

    say(f"Base model: learning from {count:,} pairs of statute text, without labels")
    weights = initial_weights(documents, tokenizer.get_vocab_size(), dim=max(dims), seed=SEED)
    trained = fit(
        weights,
        tokenizer,
        {"pair": range(count)},
        collate,
        used=_used(documents, questions),
        dims=dims,
        epochs=1,
        batch=BASE_BATCH,
        rate=BASE_RATE,
        seed=SEED,
    )
    return trained, tokenizer


def tune(
    weights: Vectors,
    tokenizer: Tokenizer,
    articles: Sequence[Article],
    query_set: QuerySet,
    template: str,
    dims: Sequence[int],
    say: Say,
    *,
    epochs: int = EPOCHS,
) -> Vectors:
    """`weights` trained further on (question, right article, the model's own wrong top result).

    Half of each batch are pairs of statute text as before, so that the few questions do not undo what the base has
    learnt. Their wrong article is the nearest in the other scope, where a local rule copies a national one.
    """
    documents = TokenizedTexts(tokenizer, [format_document(article, template) for article in articles])
    asked = TokenizedTexts(tokenizer, [query.text for query in query_set.judged])
    vectors = encode(weights, documents)
    places = {article.doc_id: place for place, article in enumerate(articles)}
    relevant = [{places[doc_id] for doc_id in query_set.qrels[query.query_id]} for query in query_set.judged]
    negatives = np.array(mine(encode(weights, asked), vectors, relevant, count=NEGATIVES))
    contrasts = _contrasts(articles, vectors)
    twinned = np.array(
        [articles[contrasts[place]].scope is not article.scope for place, article in enumerate(articles)]
    )
    pool = np.concatenate([np.arange(len(articles)), np.flatnonzero(twinned).repeat(TWINNED)])
    anchors, positions = zip(
        *unlabelled_pairs([articles[place] for place in pool], UNLABELLED_PAIRS, seed=SEED + 1), strict=True
    )
    others, others_right = TokenizedTexts(tokenizer, anchors), pool[np.array(positions)]
    labelled = [(row, place) for row, right in enumerate(relevant) for place in sorted(right)]
    random = np.random.default_rng(SEED)

    def collate(columns: Mapping[str, NDArray[np.int64]]) -> dict[str, Tokens]:
        rows, right = columns["question"], columns["article"]
        more = random.integers(len(others), size=len(rows))
        mined = negatives[rows, random.integers(negatives.shape[1], size=len(rows))]
        wrong = np.where(twinned[right] & (random.random(len(rows)) < 0.5), contrasts[right], mined)
        return {
            "anchor": joined(asked.batch(rows), others.batch(more)),
            "positive": documents.batch(np.concatenate([right, others_right[more]])),
            "negative": documents.batch(
                np.concatenate([wrong, contrasts[others_right[more]]]), longest=LONGEST
            ),
        }

    say(
        f"Tuned model: learning from {len(asked):,} questions, with {NEGATIVES} hard negatives mined for each"
    )
    rows = {"question": [row for row, _ in labelled], "article": [place for _, place in labelled]}
    used = _used(documents, asked, others)
    return fit(
        weights,
        tokenizer,
        rows,
        collate,
        used=used,
        dims=dims,
        epochs=epochs,
        batch=QUESTIONS,
        rate=TUNED_RATE,
        seed=SEED,
    )


def _used(*texts: TokenizedTexts) -> NDArray[np.int64]:
    return np.unique(np.concatenate([tokenized.ids for tokenized in texts]))


def _contrasts(articles: Sequence[Article], vectors: Vectors) -> NDArray[np.int64]:
    """For each article a wrong one to learn the difference from: across a national law and the local rules that
    implement it the nearest on the other side, elsewhere the next article (at the end, the one before)."""
    contrasts = np.arange(1, len(articles) + 1)
    contrasts[-1] = len(articles) - 2
    for law in {article.implements for article in articles if article.implements}:
        national = np.array([place for place, article in enumerate(articles) if article.law == law])
        local = np.array([place for place, article in enumerate(articles) if article.implements == law])
        likeness = vectors[national] @ vectors[local].T
        contrasts[national] = local[likeness.argmax(axis=1)]
        contrasts[local] = national[likeness.argmax(axis=0)]
    return contrasts
