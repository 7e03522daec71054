"""A pair file (TOML), read into a `Pair`."""

import os
import tomllib
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from workbench.core import hub
from workbench.core.errors import PairError
from workbench.core.pair_checks import check_pair, could_be_hub_id
from workbench.core.pair_text import LONGEST_PATH, PairText, shortened
from workbench.core.selection import with_variant
from workbench.core.settings import (
    HOME_PREFIX,
    SAMPLES_PREFIX,
    SYSTEM_KINDS,
    Corpus,
    DenseSystem,
    Pair,
    RunSystem,
    Source,
    System,
    packaged_pair,
    packaged_pairs,
    sample_queries,
)

_PLACEHOLDER = Source(kind="")  # of a source whose own faults are known already
_NO_SYSTEM = System(label="", kind="")  # the same of a system


@dataclass(frozen=True)
class SourceKinds:
    """The settings of the kinds that `corpus.sources` and `training` in a pair file may have."""

    corpus: tuple[type[Source], ...]
    training: tuple[type[Source], ...]


def read_pair(name: str, kinds: SourceKinds, variant: str = "") -> Pair:
    """The packaged pair of that name, or the pair in that TOML file; with one of its variants where that is named."""
    path = packaged_pair(name) if name in packaged_pairs() else Path(name)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as fault:  # ValueError: no UTF-8, or a NUL in the path
        why = fault.strerror if isinstance(fault, OSError) else fault
        raise PairError(
            shortened(name, LONGEST_PATH),
            f"cannot be read as a pair file ({why})",
            remedy=f"give a TOML file or one of: {', '.join(packaged_pairs())}",
        ) from fault
    pair = replace(parse_pair(text, path.resolve(), kinds), typed=name)
    return with_variant(pair, variant) if variant else pair


def parse_pair(text: str, path: Path, kinds: SourceKinds) -> Pair:
    """The pair that `text` describes; relative paths in it are taken from the folder of `path`, which names the pair."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise PairError(str(path), f"is no valid TOML: {fault}", remedy="mend that line") from fault
    source_text = PairText(text, path)
    pair = _validated(given, source_text, kinds)
    check_pair(pair, source_text)
    return _with_paths(pair, path.parent)


# Values


def _validated(given: dict[str, Any], text: PairText, kinds: SourceKinds) -> Pair:
    """The values as records; of several faults the first unknown key is told, else the first."""
    errors: list[ErrorDetails] = []
    corpus = given.get("corpus")
    if isinstance(corpus, dict):
        sources, faults = _sources(corpus.get("sources"), kinds.corpus, ("corpus", "sources"))
        given = given | {"corpus": corpus | sources}
        errors += faults
    training, faults = _sources(given.get("training"), kinds.training, ("training",))
    errors += faults
    systems, faults = _systems(given.get("systems"))
    errors += faults
    values = given | training | systems | {"file": str(text.path), "typed": str(text.path), "variant": ""}
    try:
        pair = TypeAdapter(Pair).validate_python(values)
    except ValidationError as fault:
        errors += fault.errors()
    if errors:
        raise text.explained(min(errors, key=lambda error: error["type"] != "unexpected_keyword_argument"))
    return pair


def _sources(
    listed: Any, models: tuple[type[Source], ...], place: tuple[str, ...]
) -> tuple[dict[str, Any], list[ErrorDetails]]:
    """The last key of `place` -> its sources as records of their kinds; and what is wrong with them."""
    if not isinstance(listed, list):
        return ({} if listed is None else {place[-1]: listed}), []
    known: Any = Annotated[reduce(or_, models), Field(discriminator="kind")]
    union: TypeAdapter[Any] = TypeAdapter(known)
    records, errors = list[Any](), list[ErrorDetails]()
    for position, entry in enumerate(listed):
        try:
            records.append(union.validate_python(entry))
        except ValidationError as fault:
            records.append(_PLACEHOLDER)
            errors += [_placed(error, entry, (*place, position), models) for error in fault.errors()]
    return {place[-1]: records}, errors


def _systems(given: Any) -> tuple[dict[str, Any], list[ErrorDetails]]:
    """`systems` -> its systems as records of their kinds; and what is wrong with them."""
    if not isinstance(given, dict):
        return {}, []
    records, errors = dict[str, Any](), list[ErrorDetails]()
    for name, entry in given.items():
        records[name] = _NO_SYSTEM
        kind = entry.get("kind", "dense") if isinstance(entry, dict) else "dense"
        if not isinstance(kind, str) or kind not in SYSTEM_KINDS:
            context = {"expected_tags": ", ".join(SYSTEM_KINDS)}
            place = ("systems", name, "kind")
            errors.append(
                {"type": "union_tag_invalid", "loc": place, "input": kind, "ctx": context, "msg": ""}
            )
            continue
        try:
            records[name] = TypeAdapter(SYSTEM_KINDS[kind]).validate_python(entry)
        except ValidationError as fault:
            told = [_of_kind(error, SYSTEM_KINDS[kind]) for error in fault.errors()]
            errors += [error | {"loc": ("systems", name, *error["loc"])} for error in told]
    return {"systems": records}, errors


def _of_kind(error: ErrorDetails, model: Any) -> ErrorDetails:
    """An unknown key with those that the kind takes."""
    if error["type"] != "unexpected_keyword_argument":
        return error
    return error | {"ctx": {"keys": ", ".join(model.__pydantic_fields__)}}


def _placed(
    error: ErrorDetails, entry: Any, place: tuple[str | int, ...], models: tuple[type[Source], ...]
) -> ErrorDetails:
    """An error of one source, at its place in the file, with the keys that its kind takes."""
    if error["type"] == "union_tag_invalid":
        return error | {"loc": (*place, "kind"), "input": entry["kind"]}
    if error["type"] == "union_tag_not_found":
        return error | {"type": "missing", "loc": (*place, "kind")}
    inner = error["loc"][1:]  # behind the kind
    if error["type"] == "unexpected_keyword_argument":
        error = _of_kind(error, next(model for model in models if error["loc"][0] in kinds_of(model)))
    return error | {"loc": (*place, *inner)}


def kinds_of(model: type[Source]) -> tuple[str, ...]:
    """The kinds that settings are for."""
    return tuple(model.__annotations__["kind"].__args__)


# Paths


def _with_paths(pair: Pair, folder: Path) -> Pair:
    """`pair` with its paths taken from `folder`."""
    systems = {name: _system_with_paths(system, folder) for name, system in pair.systems.items()}
    sources = tuple(replace(source, path=_source_path(source, folder)) for source in pair.corpus.sources)
    return replace(
        pair,
        systems=systems,
        corpus=Corpus(sources=sources),
        queries=tuple(_query_set_path(query_set, folder) for query_set in pair.queries),
        training=tuple(replace(source, path=_source_path(source, folder)) for source in pair.training),
        index=replace(
            pair.index,
            uri=_index_uri(pair.index.uri, folder),
            reuse=_index_uri(pair.index.reuse, folder),
        ),
    )


def _system_with_paths(system: System, folder: Path) -> System:
    if isinstance(system, DenseSystem) and not system.url:
        return replace(system, model=_model_path(system.model, folder))
    if isinstance(system, RunSystem):
        return replace(system, path=str(folder / _filled_in(system.path)))
    return system


def _query_set_path(path: str, folder: Path) -> str:
    """Absolute; `samples:` stands for the folder of the sample query sets."""
    if path.startswith(SAMPLES_PREFIX):
        return str(sample_queries() / path.removeprefix(SAMPLES_PREFIX))
    return str(folder / path)


def _source_path(source: Source, folder: Path) -> str:
    """Absolute, but for none at all, a path in the home folder and a hub's data set; `~` and `$NAME` are filled in."""
    path = _filled_in(source.path)
    if not path or path.startswith(HOME_PREFIX) or hub.is_prefixed(path):
        return path
    if source.may_be_hub_id and not os.path.exists(folder / path) and could_be_hub_id(path, folder):
        return path
    return _query_set_path(path, folder)


def _index_uri(uri: str, folder: Path) -> str:
    """Absolute, but for none at all and those of another scheme; `~` and `$NAME` are filled in."""
    return uri if not uri or "://" in uri else str(folder / _filled_in(uri))


def _model_path(model: str, folder: Path) -> str:
    """A folder beside the pair file wins over a hub id of the same spelling."""
    local = os.path.exists(folder / model) or model.startswith((".", "/"))
    return str((folder / model).resolve()) if local else model


def _filled_in(path: str) -> str:
    return os.path.expandvars(os.path.expanduser(path))
