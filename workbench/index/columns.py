"""The text fields of `articles`, and what is recorded of a vector or full-text column: a row of `builds`, and when it fits a system."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import pyarrow as pa

from workbench.core.dimensions import dim_name
from workbench.core.domain import Article
from workbench.encoders.protocol import SERVED, EncoderDescription

_COMMIT = re.compile("[0-9a-f]{40}")
_TYPES = {"dim": pa.int32(), "rows": pa.int64()}  # everything else is text

REPLACED = "replaced"  # from which day a newer version of the law is in force; empty where there is none
TEXT_FIELDS = pa.schema(
    [(name, pa.string()) for name in ("doc_id", "scope", "content_hash", REPLACED)]
    + [(each.name, pa.bool_() if each.name == "synthetic" else pa.string()) for each in fields(Article)]
)


def _told_by_encoder(*, compared: bool = False, kept_with_queries: bool = True) -> Any:
    return field(metadata={"compared": compared, "queries": kept_with_queries})


@dataclass(frozen=True, kw_only=True)
class Column:
    """One vector or full-text column (`dim` 0) and what made it, as it stands in `builds`.

    `column`: its name in `articles`; `built`: when, in ISO 8601; `ann`: JSON of its ANN index, empty where it has none;
    `chosen`: the record of the subset of the corpus, empty for all of it; `skipped`: JSON of the articles that are in no
    row, as this column's model gave no vector for them.
    """

    build_id: str
    column: str
    system: str
    label: str
    dim: int
    model: str = _told_by_encoder()
    weights: str = _told_by_encoder(compared=True)
    query_prompt: str = _told_by_encoder()
    document_template: str = _told_by_encoder(compared=True)
    dtype: str = _told_by_encoder(compared=True)
    max_seq_length: str = _told_by_encoder(compared=True)
    versions: str = _told_by_encoder(kept_with_queries=False)
    query_fields: str = _told_by_encoder()
    document_fields: str = _told_by_encoder(compared=True)
    tokenizer: str = _told_by_encoder(compared=True, kept_with_queries=False)
    address: str = _told_by_encoder(compared=True)
    fingerprint: str
    rows: int
    built: str
    ann: str = ""
    chosen: str = ""
    skipped: str = ""


@dataclass(frozen=True)
class Skipped:
    """An article that is in no row: its content hash, the label of the system that gave no vector for it, and why."""

    content_hash: str
    label: str
    why: str


def skipped_in(build: Mapping[str, Any]) -> dict[str, Skipped]:
    """`doc_id` -> the articles that were left out for a column's sake."""
    listed = json.loads(recorded(build, "skipped") or "{}")
    return {doc_id: Skipped(digest, build["label"], why) for doc_id, (digest, why) in listed.items()}


def _keys(property_: str) -> tuple[str, ...]:
    return tuple(key.name for key in fields(Column) if key.metadata.get(property_))


BUILD_SCHEMA = pa.schema([(key.name, _TYPES.get(key.name, pa.string())) for key in fields(Column)])
DESCRIBED = tuple(key.name for key in fields(EncoderDescription))
COMPARED = _keys("compared")  # of these, what decides about document vectors
QUERY_KEYS = _keys("queries")  # what the vectors of known queries are recorded with


def column_name(system: str, dim: int) -> str:
    return f"{system}_{dim_name(dim)}"


def differing_keys(build: Mapping[str, Any], wanted: EncoderDescription) -> list[str]:
    """In what a column's build differs from an encoder's description.

    Weights of a hub model that this machine does not have (`name@main`) are those of any commit (`name@0123…`), and those
    of a server that did not tell its model by more than its name (`served:name`) any under that name (`served:name@0123…`).
    A record of before addresses were recorded is of any address.
    """
    differing = [key for key in COMPARED if recorded(build, key) != getattr(wanted, key)]
    if "address" in differing and lacks_address(build, wanted):
        differing.remove("address")
    if "weights" in differing and _may_be(build, wanted):
        differing.remove("weights")
    return differing


def lacks_address(build: Mapping[str, Any], wanted: EncoderDescription) -> bool:
    """Whether nobody recorded at which address the server was that made a column of the kind that `wanted` makes."""
    return bool(wanted.address) and not recorded(build, "address")


def recorded(build: Mapping[str, Any], key: str) -> str:
    """What a build's record says; empty where an older version wrote it, which did not know that key."""
    return build.get(key) or ""


def difference(key: str, build: Mapping[str, Any], wanted: EncoderDescription) -> str:
    """One of the differing keys, in words."""
    told = f"{key} {recorded(build, key)!r} instead of {getattr(wanted, key)!r}"
    renewed = key == "weights" and _same_name(build, wanted)
    if key == "address":
        return f"{told} (it is another server, or it has moved: a build takes its vectors over where the model is the same)"
    return f"{told} (the model behind that name has changed)" if renewed else told


def weights_of_both(build: Mapping[str, Any], wanted: EncoderDescription) -> str:
    """What can be said of a column with vectors of two times: of weights that fit each other, those that say less."""
    return min(recorded(build, "weights"), wanted.weights, key=len)


def _may_be(build: Mapping[str, Any], wanted: EncoderDescription) -> bool:
    """Whether two weights are those of one model, as far as the one that says less tells."""
    if wanted.weights.startswith(SERVED):
        return _same_name(build, wanted) and SERVED + wanted.model in (build["weights"], wanted.weights)
    repo, _, revision = wanted.weights.rpartition("@")
    return bool(repo) and not _COMMIT.fullmatch(revision) and build["weights"].rpartition("@")[0] == repo


def _same_name(build: Mapping[str, Any], wanted: EncoderDescription) -> bool:
    """Whether both are a server's models of one name."""
    name = SERVED + wanted.model
    same = build["model"] == wanted.model
    return same and build["weights"].startswith(name) and wanted.weights.startswith(name)
