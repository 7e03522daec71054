"""Approximate (ANN) indexes on the vector columns: built, recorded in `builds`, dropped."""

import json
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from lancedb.index import IvfHnswSq, IvfPq, IvfRq

from workbench.core.ann import AnnKind
from workbench.core.errors import IndexFault
from workbench.index.checksums import files_in, record_files, table_folder
from workbench.index.faults import LANCE_ERRORS, readable, reason
from workbench.index.locking import only_builder
from workbench.index.reading import ARTICLES, BUILDS, Index
from workbench.index.storage import connect

ANN_KINDS = {AnnKind.IVF_RQ: IvfRq, AnnKind.IVF_HNSW_SQ: IvfHnswSq, AnnKind.IVF_PQ: IvfPq}
NONE = AnnKind.NONE
_MULTIPLES: Mapping[str, int] = {AnnKind.IVF_RQ: 8}  # of which the dimensions of a column have to be one


def build_ann(
    uri: str,
    kind: str,
    progress: Callable[[str, int, int], None] = lambda *_: None,
    *,
    where_possible: bool = False,
) -> None:
    """Puts an ANN index of that kind (or none) on every vector column that has not one already; metric: inner product.

    What LanceDB chose and measured goes into the column's row of `builds`, and so does that none is wanted.
    `progress(column, done, columns)`. `where_possible`: passes over the columns that cannot have one of that kind.
    """
    if kind != NONE and kind not in ANN_KINDS:
        raise IndexFault(
            f'ANN index "{kind}"',
            "is unknown",
            wanted=f"one of {', '.join(ANN_KINDS)}, {NONE}",
            remedy="choose one of these",
        )
    opened = Index(uri)
    with only_builder(uri):
        with readable(uri):
            database = connect(uri)
            table, builds = database.open_table(ARTICLES), database.open_table(BUILDS)
        there = files_in(table_folder(uri, ARTICLES))
        for done, column in enumerate(opened.vector_columns, 1):
            build = opened.builds[column]
            passed_over = where_possible and build["dim"] % _MULTIPLES.get(kind, 1)
            if opened.ann_kind(column) != kind and not passed_over:
                found = _replace(table, column, kind, there=bool(opened.ann(column)))
                values = {"ann": json.dumps(found)}
                builds.update(
                    where=f"build_id = '{build['build_id']}' AND \"column\" = '{column}'", values=values
                )
            progress(column, done, len(opened.vector_columns))
        if opened.has_checksums:
            record_files(database, uri, ARTICLES, opened.build_id, there)


def _replace(table: Any, column: str, kind: str, *, there: bool) -> dict[str, Any]:
    name, began = f"{column}_ann", perf_counter()
    try:
        if kind == NONE:
            if there:
                table.drop_index(name)
            return {"kind": NONE}
        table.create_index(
            column, config=ANN_KINDS[AnnKind(kind)](distance_type="dot"), name=name, replace=True
        )
    except LANCE_ERRORS as fault:
        raise IndexFault(
            column,
            f"cannot have the index {kind} ({reason(fault)})",
            remedy=f"choose another kind with --ann, or --ann {NONE}",
        ) from fault
    index = next(index for index in table.list_indices() if index.name == name)
    chosen = {key: value for key, value in index.index_details.items() if key != "runtime_hints"}
    return {
        "kind": kind,
        "bytes": index.size_bytes,
        "seconds": round(perf_counter() - began, 3),
        "parameters": chosen,
    }
