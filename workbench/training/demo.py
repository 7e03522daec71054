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
from workbench.training.pseudo_queries import pseudo_queries
from workbench.training.tokenizer import TokenizedTexts, Tokens, concatenate, train_tokenizer
from workbench.training.trainer import encode, fit, initial_weights, load, save

SEED = 20_240_501
BASE_QUERIES = 250_000
BASE_BATCH_SIZE = 1024
BASE_LEARNING_RATE = 0.02
DROPOUT = 0.3  # of an article's tokens while training: a model must not lean on any single one
EPOCHS = 10
TUNED_BATCH_SIZE = 512  # questions; as many pseudo-queries come with them
TUNED_LEARNING_RATE = 0.01
PSEUDO_QUERIES = 60_000  # to draw from while tuning
COUNTERPARTS = 3  # how many times more those articles come that have a counterpart in the other scope
NEGATIVES = 10  # mined for each question, of which each epoch draws one
NEGATIVE_TOKENS = (
    200  # tokens of a wrong article that count: time grows with length, and most articles are shorter
)

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
    national: Sequence[Article], template: str, dims: Sequence[int], say: Say, *, count: int = BASE_QUERIES
) -> tuple[Vectors, Tokenizer]:
    """A model that has read the national law and seen no question."""
    texts = [format_document(article, template) for article in national]
    tokenizer = train_tokenizer(texts)
    documents = TokenizedTexts(tokenizer, texts)
    anchors, positions = zip(*pseudo_queries(national, count, seed=SEED), strict=True)
    questions = TokenizedTexts(tokenizer, anchors)
    right = np.array(positions)
    random = np.random.default_rng(SEED)

    def collate(columns: Mapping[str, NDArray[np.int64]]) -> dict[str, Tokens]:
        rows = columns["pseudo_query"]
        return {
            "anchor": questions.batch(rows),
            "positive": documents.batch(right[rows], dropout=DROPOUT, random=random),
        }

    say(f"Base model: learning from {count:,} pseudo-queries from statute text, without labels")
    weights = initial_weights(documents, tokenizer.get_vocab_size(), dim=max(dims), seed=SEED)
    trained = fit(
        weights,
        tokenizer,
        {"pseudo_query": range(count)},
        collate,
        token_ids=_token_ids(documents, questions),
        dims=dims,
        epochs=1,
        batch_size=BASE_BATCH_SIZE,
        learning_rate=BASE_LEARNING_RATE,
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

    Half of each batch are pseudo-queries as before, so that the few questions do not undo what the base has learnt.
    Their wrong article is the nearest in the other scope, where a local rule copies a national one.
    """
    documents = TokenizedTexts(tokenizer, [format_document(article, template) for article in articles])
    asked = TokenizedTexts(tokenizer, [query.text for query in query_set.judged])
    vectors = encode(weights, documents)
    positions = {article.doc_id: position for position, article in enumerate(articles)}
    qrels = [query_set.qrels[query.query_id] for query in query_set.judged]
    relevant = [{positions[doc_id] for doc_id in relevance} for relevance in qrels]
    negatives = np.array(mine(encode(weights, asked), vectors, relevant, count=NEGATIVES))
    neighbours = _confusable(articles, vectors)
    across = np.array([articles[neighbour].scope for neighbour in neighbours]) != np.array(
        [article.scope for article in articles]
    )
    pool = np.concatenate([np.arange(len(articles)), np.flatnonzero(across).repeat(COUNTERPARTS)])
    drawn = pseudo_queries([articles[position] for position in pool], PSEUDO_QUERIES, seed=SEED + 1)
    anchors, drawn_from = zip(*drawn, strict=True)
    pseudo = TokenizedTexts(tokenizer, anchors)
    pseudo_right = pool[np.array(drawn_from)]
    labelled = [(row, position) for row, right in enumerate(relevant) for position in sorted(right)]
    random = np.random.default_rng(SEED)

    def collate(columns: Mapping[str, NDArray[np.int64]]) -> dict[str, Tokens]:
        rows = columns["question"]
        right = columns["article"]
        more = random.integers(len(pseudo), size=len(rows))
        more_right = pseudo_right[more]
        mined = negatives[rows, random.integers(negatives.shape[1], size=len(rows))]
        by_scope = across[right] & (random.random(len(rows)) < 0.5)
        wrong = np.where(by_scope, neighbours[right], mined)
        all_wrong = np.concatenate([wrong, neighbours[more_right]])
        return {
            "anchor": concatenate(asked.batch(rows), pseudo.batch(more)),
            "positive": documents.batch(np.concatenate([right, more_right])),
            "negative": documents.batch(all_wrong, max_tokens=NEGATIVE_TOKENS),
        }

    say(
        f"Tuned model: learning from {len(asked):,} questions, with {NEGATIVES} hard negatives mined for each"
    )
    rows = {
        "question": [row for row, _ in labelled],
        "article": [position for _, position in labelled],
    }
    return fit(
        weights,
        tokenizer,
        rows,
        collate,
        token_ids=_token_ids(documents, asked, pseudo),
        dims=dims,
        epochs=epochs,
        batch_size=TUNED_BATCH_SIZE,
        learning_rate=TUNED_LEARNING_RATE,
        seed=SEED,
    )


def _token_ids(*texts: TokenizedTexts) -> NDArray[np.int64]:
    """The ids that stand in any of the texts, ascending."""
    return np.unique(np.concatenate([tokenized.ids for tokenized in texts]))


def _confusable(articles: Sequence[Article], vectors: Vectors) -> NDArray[np.int64]:
    """For each article the position of a wrong one to learn the difference from: across a national law and the local
    rules that implement it the nearest on the other side, elsewhere the next article (at the end, the one before)."""
    neighbours = np.arange(1, len(articles) + 1)
    neighbours[-1] = len(articles) - 2
    for law in {article.implements for article in articles if article.implements}:
        national = np.array([position for position, article in enumerate(articles) if article.law == law])
        local = np.array([position for position, article in enumerate(articles) if article.implements == law])
        similarity = vectors[national] @ vectors[local].T
        neighbours[national] = local[similarity.argmax(axis=1)]
        neighbours[local] = national[similarity.argmax(axis=0)]
    return neighbours
