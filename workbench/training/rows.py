"""Rows that a model is trained on: a question, its article and wrong articles, as texts."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datasets import Dataset

from workbench.core.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Row:
    """`query` with its prompt, and documents as the system's template formats them."""

    query: str
    positive: str
    negatives: tuple[str, ...] = ()


def with_negatives(rows: Iterable[Row], count: int) -> list[Row]:
    """Rows with `count` negatives each; one with more gives several, the last of which begins again where it is short.

    >>> [row.negatives for row in with_negatives([Row("q", "p", ("a", "b", "c"))], 2)]
    [('a', 'b'), ('c', 'a')]
    """
    return [
        Row(row.query, row.positive, tuple((row.negatives * count)[start : start + count]))
        for row in rows
        for start in range(0, max(len(row.negatives), 1), count)
    ]


def dataset(rows: Sequence[Row]) -> Dataset:
    """The columns that the trainer takes: anchor, positive, negative (or negative_1, negative_2 …).

    A TrainingError where the rows differ in their number of negatives.
    """
    widths = {len(row.negatives) for row in rows}
    if len(widths) > 1:
        lacking = sum(not row.negatives for row in rows)
        raise TrainingError(
            "triplets",
            f"{lacking:,} of {len(rows):,} rows have no negative, the others have",
            wanted="negatives in all rows, or in none",
            remedy="mine them with `workbench mine`, or keep the two kinds apart",
        )
    columns = {"anchor": [row.query for row in rows], "positive": [row.positive for row in rows]}
    (width,) = widths
    for place in range(width):
        name = "negative" if width == 1 else f"negative_{place + 1}"
        columns[name] = [row.negatives[place] for row in rows]
    return Dataset.from_dict(columns)


def data_hash(rows: Iterable[Row]) -> str:
    """sha256 of the rows in their order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps([row.query, row.positive, row.negatives]).encode())
    return digest.hexdigest()
