"""The rules by which wrong results become hard negatives."""

from workbench.core.settings import (
    Count,
    Depth,
    Finite,
    NonNegative,
    PositiveInt,
    Share,
    settings_record,
)


@settings_record
class MiningRules:
    """Which wrong results are taken as negatives, best-ranked first; HELP says what each key means.

    Names and meaning of scores and margins are those of `mine_hard_negatives` (sentence_transformers); with several
    positives each one's margin is its own, where that function takes the lowest for all.
    """

    negatives: PositiveInt = 6
    depth: Depth = 50
    skip: Count = 0
    copy_share: Share = 0.8
    across_copy_share: NonNegative = 1.01
    alike_share: NonNegative = 0.8
    max_score: Finite | None = None
    min_score: Finite | None = None
    absolute_margin: Finite | None = None
    relative_margin: Finite | None = None
    across: Count = 3

    def highest_score(self, positive: float) -> float:
        """The highest score that a negative beside a positive of this score may have."""
        highest = float("inf") if self.max_score is None else self.max_score
        if self.absolute_margin is not None:
            highest = min(highest, positive - self.absolute_margin)
        if self.relative_margin is not None:
            highest = min(highest, positive - abs(positive) * self.relative_margin)
        return highest


HELP = {
    "negatives": "negatives of one query and positive, at most",
    "depth": "ranks that they come from, counted behind those left out",
    "skip": "best-ranked results that are left out",
    "copy_share": "an article of the relevant one's scope with at least this share of its wording is no negative",
    "across_copy_share": "the same for articles of the other scope; above 1: all are taken",
    "alike_share": "a negative with at least this share of its wording from a better-ranked one is left out",
    "max_score": "highest score of a negative",
    "min_score": "lowest score of a negative",
    "absolute_margin": "how far below the positive's score a negative has to lie",
    "relative_margin": "the same, as a share of the positive's score",
    "across": "negatives of the other scope (local for a national answer, and the reverse), at least",
}
