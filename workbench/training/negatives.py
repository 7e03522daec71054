"""Source-aware hard negatives: wrong articles that the base system itself ranks high for a question."""

from collections.abc import Sequence

import numpy as np

from workbench.core.vectors import Vectors


def mine(
    questions: Vectors, documents: Vectors, relevant: Sequence[set[int]], *, count: int
) -> list[list[int]]:
    """The `count` best-ranked wrong documents of each question, best first, as positions in `documents`.

    `questions`: (n, d), `documents`: (m, d), unit rows; `relevant`: positions of each question's right documents.
    """
    most = max(len(right) for right in relevant)
    scores = questions @ documents.T
    best = np.argsort(-scores, axis=1, kind="stable")[:, : count + most]
    return [
        [int(position) for position in row if position not in right][:count]
        for row, right in zip(best, relevant, strict=True)
    ]
