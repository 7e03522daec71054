"""What filling the units of a system takes, told by plain records, so that another process or machine can do it as well as this one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.domain import Article
from workbench.core.errors import EncoderError
from workbench.core.settings import Pair, StoredAt, is_remote
from workbench.index.building.units import Unit

MANY = 64  # articles without vectors that are no exceptions any more


@dataclass(frozen=True)
class KnownRows:
    """Rows of a finished index with vectors for some rows of a unit; `rows`, `positions`: these, and those there."""

    uri: str
    column: str
    rows: NDArray[np.int64]
    positions: NDArray[np.int64]


@dataclass(frozen=True)
class Job:
    """A unit that lacks a file of a system's vectors.

    `missing`: how many rows have to be encoded for it; `gone`: rows that are left out for another system's sake.
    """

    unit: Unit
    known: KnownRows | None
    missing: int
    gone: tuple[int, ...] = ()


@dataclass(frozen=True)
class Filling:
    """What filling units of one system takes, beside its encoder.

    `uri`: of the index, with `storage_options` that reach it; `group`: under which name its vectors are staged; `dims`: its
    columns, widest first; `done`: articles that had vectors before.
    """

    uri: str
    storage_options: Mapping[str, str]
    pair: Pair
    system: str
    group: str
    dims: tuple[int, ...]
    skip_failed: bool = False
    done: int = 0

    @property
    def place(self) -> str:
        """Where the index is, and what reaches it."""
        return StoredAt(self.uri, self.storage_options) if is_remote(self.uri) else self.uri

    @property
    def label(self) -> str:
        return self.pair.systems[self.system].label

    def check_failed(self, failed: Sequence[tuple[Article, str]], tried: int) -> None:
        """An EncoderError where articles without vectors are not to be left out, or are too many of those `tried` for that."""
        # among those that have vectors; and where many are new, among these
        too_many = 2 * len(failed) > (tried if len(failed) > MANY else self.done + tried)
        if failed and (too_many or not self.skip_failed):
            raise self._unskipped(failed, tried)

    def _unskipped(self, failed: Sequence[tuple[Article, str]], tried: int) -> EncoderError:
        article, why = failed[0]
        count = f"{len(failed):,} of {tried:,} articles, first " if len(failed) > 1 else ""
        mend = "mend that text, or `max_seq_length`"
        skip = f"or leave such articles out: `workbench index build --pair {self.pair.typed} --skip-failed`"
        return EncoderError(
            self.label,
            f"gave no vector for {count}{article.law} {article.article} ({article.doc_id}): {why}",
            wanted="a vector for half of them at least" if self.skip_failed else "",
            remedy="look at the server or model first"
            if self.skip_failed
            else f"{mend}; {skip}; the others are kept",
        )
