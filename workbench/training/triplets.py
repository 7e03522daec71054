"""Training data as people bring it: triplet files read, held against the corpus, and against the sets that measure."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import starmap
from pathlib import Path

from workbench.core import hub
from workbench.core.documents import format_document
from workbench.core.domain import Article, Citation, Query
from workbench.core.errors import CitationError, CorpusError, QueryError, TrainingError
from workbench.core.pair_checks import could_be_hub_id
from workbench.corpora.citations import Resolver
from workbench.corpora.report import SourceReport
from workbench.corpora.sources.triplets import Settings, Triplet, cited_in, read_triplets
from workbench.query_sets.contamination import NEARLY_THE_SAME, near_duplicates
from workbench.query_sets.prompts import without_prompt
from workbench.query_sets.query_set import query_text
from workbench.training.rows import Row

_SHOWN, _LONGEST = 3, 40  # of many faults; characters of a question in a message


@dataclass(frozen=True)
class TrainingData:
    """What a model is to be trained on, in the order of the files.

    `positives`: query -> the `doc_id`s of its positives, as far as they are articles of the corpus; `notes`: what was
    skipped or is unusual, for the user.
    """

    triplets: Sequence[Triplet]
    positives: Mapping[str, Sequence[str]]
    notes: Sequence[str]

    def rows(self, query_prompt: str) -> list[Row]:
        """One row a query and positive, with all of that line's negatives; a query has the prompt once, also where its line has it."""
        return [
            Row(query_prompt + triplet.query.removeprefix(query_prompt), positive, triplet.negatives)
            for triplet in self.triplets
            for positive in triplet.positives
        ]

    def queries(self) -> list[Query]:
        """The queries with the articles that answer them, to be recorded beside the model."""
        return [
            Query(str(number), text, tuple(Citation(doc_id=doc_id) for doc_id in doc_ids))
            for number, (text, doc_ids) in enumerate(self.positives.items(), 1)
            if _can_be_asked(text)
        ]


def _can_be_asked(text: str) -> bool:
    """Whether a question of a query set can be this one at all."""
    try:
        return bool(query_text(text, most=None))
    except QueryError:
        return False


class Reading:
    """Reads triplet files for the articles of one corpus, formatted by `template`."""

    def __init__(self, articles: Iterable[Article], template: str) -> None:
        self._articles = list(articles)
        self._template = template

    def read(self, paths: Sequence[str], *, keep_unknown: bool = False) -> TrainingData:
        """The triplets of all files; a TrainingError names the first line of whatever makes them no training data.

        `keep_unknown`: positives that are no article of the corpus are trained on as well.
        """
        report = SourceReport()
        triplets: list[Triplet] = []
        for path in paths:
            try:
                triplets += read_triplets(Settings(kind="triplets", path=_place(path)), report)
            except CorpusError as fault:
                remedy = "give another file, e.g. one that `workbench mine` wrote"  # no pair file names it
                raise TrainingError(fault.subject, fault.found, wanted=fault.wanted, remedy=remedy) from fault
        _check_negatives(triplets)
        positives, unknown = self._positives(triplets)
        if unknown and not keep_unknown:
            raise TrainingError(
                unknown[0],
                f"the positive is no article of this corpus{_others(unknown, ', nor are {} others')}",
                wanted="articles as the pair has them, formatted by the system's template",
                remedy="mine the triplets from this pair, or add --keep-unknown to train on them all the same",
            )
        notes = list(report.lines())
        several = sum(len(set(doc_ids)) > 1 for doc_ids in positives.values())
        if several:
            notes.append(f"{several:,} queries have several positives: no batch holds one query twice")
        return TrainingData(triplets, positives, notes)

    def _positives(self, triplets: Iterable[Triplet]) -> tuple[dict[str, list[str]], list[str]]:
        """Query -> doc_ids of its positives; and where positives stand that are no article."""
        positives: dict[str, list[str]] = {}
        unknown: list[str] = []
        for triplet in triplets:
            row = positives.setdefault(triplet.query, [])
            for text in triplet.positives:
                if (doc_id := self._doc_id(text)) is None:
                    unknown.append(triplet.where)
                elif doc_id not in row:
                    row.append(doc_id)
        return positives, unknown

    def _doc_id(self, document: str) -> str | None:
        """The article that a text is: word for word, else by the law and number in it."""
        if doc_id := self._texts.get(hash(document)):
            return doc_id
        cited = cited_in(document)
        try:
            return self._resolver.resolve(cited) if cited else None
        except CitationError:
            return None

    @cached_property
    def _texts(self) -> dict[int, str]:
        return {hash(format_document(article, self._template)): article.doc_id for article in self._articles}

    @cached_property
    def _resolver(self) -> Resolver:
        return Resolver(self._articles)


def check_held_out(
    data: TrainingData, held_out: Mapping[str, Sequence[str]], prompts: Collection[str] = ()
) -> None:
    """A TrainingError where training asks a question of a set that measures, or nearly, behind a prompt or not.

    `held_out`: name -> its questions; `prompts`: what systems put before questions, beside the usual ones.
    """
    asked = [without_prompt(text, prompts) for text in data.positives]
    found = [
        (name, texts[row], asked[position])
        for name, texts in held_out.items()
        for row, (position, _) in sorted(near_duplicates(texts, asked, NEARLY_THE_SAME).items())
    ]
    if found:
        shown = "; ".join(starmap(_shown, found[:_SHOWN]))
        more = f"; and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
        raise TrainingError(
            "triplets",
            f"ask {len(found):,} questions that measure the model, or nearly: {shown}{more}",
            remedy="take these lines out, or add --allow-contaminated: the page then marks those questions",
        )


def _shown(name: str, ours: str, theirs: str) -> str:
    """A question of training, and the set that asks it; in its own words where they are others."""
    where = name if ours == theirs else f"{name}: “{_cut(ours)}”"
    return f"“{_cut(theirs)}” (in {where})"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _place(path: str) -> str:
    """`path` as the reader takes it: what is nowhere and can be no hub's data set, is looked for as a file."""
    known = os.path.exists(path) or hub.is_prefixed(path) or could_be_hub_id(path, Path())
    return path if known else os.path.abspath(path)


def _check_negatives(triplets: Sequence[Triplet]) -> None:
    """A TrainingError where a negative of a query is a positive of the same query."""
    right: dict[str, set[str]] = {}
    for triplet in triplets:
        right.setdefault(triplet.query, set()).update(triplet.positives)
    both = [each.where for each in triplets if right[each.query] & set(each.negatives)]
    if both:
        raise TrainingError(
            both[0],
            f"a negative is a positive of the same query{_others(both, ', as in {} other lines')}",
            remedy="take it out of one of the two",
        )


def _others(found: Sequence[str], words: str) -> str:
    """How many there are beside the first, in these words; nothing where it is the only one."""
    return words.format(f"{len(found) - 1:,}") if len(found) > 1 else ""
