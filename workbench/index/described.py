"""What is recorded of an index: its columns and what made each, held against a pair."""

import json
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, Self

from workbench.core.ann import AnnKind
from workbench.core.dimensions import ALL
from workbench.core.errors import IndexFault
from workbench.core.settings import Pair
from workbench.encoders import Encoder, EncoderDescription
from workbench.index.columns import (
    Skipped,
    column_name,
    difference,
    differing_keys,
    lacks_address,
    skipped_in,
)
from workbench.index.fulltext import describe, has_full_text

Builds = dict[str, dict[str, Any]]  # column -> its row of `builds`


class Described:
    """`table`: the version of `articles` that `builds` tells of."""

    def __init__(self, uri: str, table: Any, builds: Builds) -> None:
        self.uri, self.builds = uri, builds
        self._table = table
        self._columns: Mapping[tuple[str, int], str] = {}

    def differences(self, pair: Pair, encoders: Mapping[str, Encoder]) -> list[str]:
        """In what this index does not fit `pair`, in words; empty where it fits."""
        found = []
        made_by = {name: (encoders[name].description, dims) for name, dims in pair.column_dims().items()}
        made_by |= {name: (describe(system), (ALL,)) for name, system in pair.lexical.items()}
        for name, (wanted, dims) in made_by.items():
            for dim in dims:
                column = self.column_for(name, dim, wanted, _elsewhere(pair, name))
                build = self.builds.get(column)
                if build is None or (dim == ALL and not has_full_text(self._table, column)):
                    found.append(f"{column_name(name, dim)} is missing")
                elif differing := differing_keys(build, wanted):
                    said = ", ".join(difference(key, build, wanted) for key in differing)
                    found.append(
                        f"{column_name(name, dim)} ({pair.systems[name].label}) was built with {said}"
                    )
        return found

    def check_fits(self, pair: Pair, encoders: Mapping[str, Encoder]) -> Self:
        """This index, or an IndexFault that says how it differs from `pair` and what to run."""
        if found := self.differences(pair, encoders):
            shown = "; ".join(found[:2]) + (f"; and {len(found) - 2} more" if len(found) > 2 else "")
            raise IndexFault(
                self.uri,
                f"does not fit the pair: {shown}",
                remedy=f"run `workbench index build --pair {pair.typed}`",
            )
        descriptions = {name: encoders[name].description for name in pair.dense}  # each reads a model's files
        descriptions |= {name: describe(system) for name, system in pair.lexical.items()}
        self._columns = {
            (name, dim): self.column_for(name, dim, description, _elsewhere(pair, name))
            for name, description in descriptions.items()
            for dim in pair.dims_of(name)
        }
        return self

    def without_address(self, pair: Pair, encoders: Mapping[str, Encoder]) -> list[str]:
        """Of which columns nobody recorded on which server their models were, in words, and what to do."""
        found = []
        for name, dims in pair.column_dims().items():
            wanted = encoders[name].description
            columns = [self.column_for(name, dim, wanted, _elsewhere(pair, name)) for dim in dims]
            if any(
                column in self.builds and lacks_address(self.builds[column], wanted) for column in columns
            ):
                found.append(
                    f"{', '.join(columns)} ({pair.systems[name].label}): built before addresses were recorded, and taken to be of "
                    f"{wanted.address}; `workbench index build --pair {pair.typed}` compares a sample and records it"
                )
        return found

    def column_for(
        self, system: str, dim: int, wanted: EncoderDescription, elsewhere: Collection[str] = ()
    ) -> str:
        """The column with the vectors that an encoder described as `wanted` makes, whatever system it is named after; else the system's own.

        `elsewhere`: systems on other servers, whose columns are not meant where they record no address.
        """
        own = column_name(system, dim)
        fitting = [
            column
            for column in self.columns_made_by(wanted, dim)
            if self.builds[column]["dim"] == dim
            and not (
                self.builds[column]["system"] in elsewhere and lacks_address(self.builds[column], wanted)
            )
        ]
        return own if own in fitting or not fitting else fitting[0]

    def columns_made_by(self, wanted: EncoderDescription, width: int) -> list[str]:
        """The columns, `width` wide at least, with vectors that an encoder described as `wanted` makes."""
        return [
            column
            for column, build in self.builds.items()
            if build["dim"] >= width and not differing_keys(build, wanted)
        ]

    def column_of(self, system: str, dim: int) -> str:
        """The column with a system's vectors; systems that differ in their query prompts only share one."""
        return self._columns.get((system, dim), column_name(system, dim))

    @property
    def vector_columns(self) -> list[str]:
        """The columns with vectors, in order."""
        return [column for column, build in self.builds.items() if build["dim"] != ALL]

    @property
    def text_columns(self) -> list[str]:
        """The columns with a full-text index, in order."""
        return [column for column, build in self.builds.items() if build["dim"] == ALL]

    @property
    def columns_in_words(self) -> str:
        """How many columns systems search, by kind."""
        counts = {"vector": len(self.vector_columns), "full-text": len(self.text_columns)}
        told = [
            f"{count} {kind} column{'s' * (count != 1)}"
            for kind, count in counts.items()
            if count or kind == "vector"
        ]
        return " and ".join(told)

    @property
    def subset(self) -> str:
        """Which part of the corpus it holds, as `Subset` records it; empty for all of it."""
        return next((build.get("chosen") or "" for build in self.builds.values()), "")

    @cached_property
    def skipped(self) -> dict[str, Skipped]:
        """The articles that are in no row, as the model of some column gave no vector for them, by `doc_id`."""
        return {doc_id: each for build in self.builds.values() for doc_id, each in skipped_in(build).items()}

    @property
    def left_out(self) -> list[str]:
        """How many articles are in no row, a sentence a system, with the first of them."""
        by_label = dict[str, list[str]]()
        for doc_id, each in self.skipped.items():
            by_label.setdefault(each.label, []).append(f"{doc_id} ({each.why})")
        return [
            f"{len(found):,} articles are left out for all systems, as {label} gave no vector for them, first {found[0]}"
            for label, found in by_label.items()
        ]

    def ann(self, column: str) -> dict[str, Any]:
        """Kind, bytes, seconds to build and parameters of a column's ANN index; empty where it has none."""
        recorded: dict[str, Any] = json.loads(self.builds[column].get("ann") or "{}")
        return recorded if recorded.get("kind") != AnnKind.NONE else {}

    def ann_kind(self, column: str) -> str | None:
        """The kind of a column's ANN index, NONE where none is wanted; None where nobody has said."""
        kind: str | None = json.loads(self.builds[column].get("ann") or "{}").get("kind")
        return kind


def _elsewhere(pair: Pair, system: str) -> frozenset[str]:
    return pair.elsewhere(system) if system in pair.dense else frozenset()
