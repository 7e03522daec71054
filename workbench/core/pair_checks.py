"""What is wrong with a pair file, each fault with its line."""

import errno
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Formatter

from workbench.core import hub
from workbench.core.errors import PairError
from workbench.core.fusion_checks import check_fusions
from workbench.core.pair_text import LONGEST_PATH, PairText, shortened
from workbench.core.selection import ALL_VARIANTS
from workbench.core.settings import (
    DEMO_MODELS,
    DEMO_PREFIX,
    STORES,
    TEMPLATE_FIELDS,
    WANTED_PLACE,
    DenseSystem,
    Pair,
    RunSystem,
    is_remote,
)
from workbench.core.storage_keys import storage_keys
from workbench.core.toml_lines import Place

_NAME = re.compile(r"[a-z][a-z0-9]*")
_WHAT_IS_SENT = {"model": "it is the system's own `model`", "input": "it is the texts themselves"}


def check_pair(pair: Pair, text: PairText) -> None:
    """A PairError where values that are right in themselves do not go together, or name what is not there."""
    _check_templates(pair, text)
    _check_vectors(pair, text)
    _check_systems(pair, text)
    _check_own_dims(pair, text)
    _check_lexical(pair, text)
    check_fusions(pair, text)
    _check_fields(pair, text)
    _check_variants(pair, text)
    _check_storage(pair, text)
    _check_paths(pair, text)
    _check_dims(pair.dims, text, "dims")


def _check_dims(dims: Sequence[int], text: PairText, *place: str) -> None:
    if list(dims) != sorted(set(dims), reverse=True):
        raise PairError(text.at(*place), f"dims are {list(dims)}", remedy="list each once, widest first")


def _check_own_dims(pair: Pair, text: PairText) -> None:
    for name, system in pair.dense.items():
        _check_dims(system.dims or (), text, "systems", name, "dims")


def _check_lexical(pair: Pair, text: PairText) -> None:
    for name, system in pair.lexical.items():
        shortest, longest = system.ngram
        if shortest > longest:
            found = f"ngram is {list(system.ngram)}"
            wanted = "the shortest length first, then the longest"
            raise PairError(text.at("systems", name, "ngram"), found, wanted=wanted, remedy="exchange them")


def _check_templates(pair: Pair, text: PairText) -> None:
    for place, template in _templates(pair):
        if fault := _template_fault(template):
            wanted = ", ".join(f"{{{field}}}" for field in TEMPLATE_FIELDS)
            at = text.at(*place, "document_template")
            raise PairError(at, f"the template {fault}", wanted=wanted, remedy="mend the template")


def _templates(pair: Pair) -> Iterator[tuple[Place, str]]:
    for name, system in (pair.dense | pair.lexical).items():
        yield ("systems", name), system.document_template
    for variant, changes in pair.variants.items():
        for name, changed in changes.items():
            if changed.document_template is not None:
                yield ("variants", variant, name), changed.document_template


def _template_fault(template: str) -> str:
    try:
        parsed = [part[1:] for part in Formatter().parse(template) if part[1] is not None]
    except ValueError as fault:
        return f"cannot be read ({fault})"
    fields = [
        "".join(filter(None, (name, conversion and f"!{conversion}", form and f":{form}")))
        for name, form, conversion in parsed
    ]
    if unknown := [field for field in fields if field not in TEMPLATE_FIELDS]:
        return f"has the unknown field {{{unknown[0]}}}"
    return "" if "text" in fields else "does not hold {text}"


def _check_vectors(pair: Pair, text: PairText) -> None:
    for position, source in enumerate(pair.corpus.sources):
        if source.vectors_of and source.vectors_of not in pair.dense:
            found = f'the source\'s vectors are of "{source.vectors_of}", which is no system with vectors'
            at = text.at("corpus", "sources", position, "vectors")
            raise PairError(at, found, wanted=f"of {', '.join(pair.dense)}", remedy="mend its name")


def _check_systems(pair: Pair, text: PairText) -> None:
    folder = text.path.parent
    for name, system in pair.systems.items():
        if not _NAME.fullmatch(name):
            remedy = "use small letters and digits, e.g. tuned"
            raise PairError(text.at("systems", name), f'"{name}" cannot name a system', remedy=remedy)
        if isinstance(system, DenseSystem) and _no_model(system, folder):
            demo = ", ".join(DEMO_PREFIX + model for model in DEMO_MODELS)
            missing = shortened(str(folder / system.model), LONGEST_PATH)
            raise PairError(
                text.at("systems", name, "model"),
                f'"{shortened(system.model)}" is no model: {missing} does not exist',
                wanted=f"a folder relative to this file, a hub id such as org/name or modelscope:org/name, or one of {demo}",
                remedy="correct `model`",
            )


def _check_fields(pair: Pair, text: PairText) -> None:
    for name, system in pair.dense.items():
        if system.batch_size and not system.url:
            found = "batch_size is of requests to a server, and this system has no `url`"
            raise PairError(text.at("systems", name, "batch_size"), found, remedy="add `url`, or take it out")
        for key, fields in (
            ("query_fields", system.query_fields),
            ("document_fields", system.document_fields),
        ):
            place = ("systems", name, key)
            if fields and not system.url:
                found = f"{key} are for a server, and this system has no `url`"
                raise PairError(text.at(*place), found, remedy="add `url`, or take them out")
            if taken := [field for field in _WHAT_IS_SENT if field in fields]:
                found = f'{key} must not hold "{taken[0]}": {_WHAT_IS_SENT[taken[0]]}'
                raise PairError(text.at(*place, taken[0]), found, remedy="take it out")


def _check_variants(pair: Pair, text: PairText) -> None:
    for variant, changes in pair.variants.items():
        at = text.at("variants", variant)
        if not _NAME.fullmatch(variant) or variant == ALL_VARIANTS:
            remedy = "use small letters and digits, e.g. bare"
            raise PairError(at, f'"{variant}" cannot name a variant', remedy=remedy)
        if unknown := set(changes) - set(pair.systems):
            found = f'the variant "{variant}" changes "{min(unknown)}", which is no system'
            at = text.at("variants", variant, min(unknown))
            raise PairError(at, found, wanted=f"of {', '.join(pair.systems)}", remedy="mend its name")
        if others := set(changes) - set(pair.dense):
            found = f'the variant "{variant}" changes "{min(others)}", which has no prompts'
            at = text.at("variants", variant, min(others))
            raise PairError(at, found, wanted=f"of {', '.join(pair.dense)}", remedy="take it out")
        if taken := {f"{system}{variant}" for system in pair.systems} & set(pair.systems):
            found = f'the variant "{variant}" would make a second system "{min(taken)}"'
            raise PairError(at, found, remedy="rename the variant or that system")


def _check_paths(pair: Pair, text: PairText) -> None:
    """Paths that no system call takes are told here, with their line."""
    places: list[tuple[Place, str]] = [(("queries", at), path) for at, path in enumerate(pair.queries)]
    places += [
        (("corpus", "sources", at, "path"), source.path) for at, source in enumerate(pair.corpus.sources)
    ]
    places += [(("training", at, "path"), source.path) for at, source in enumerate(pair.training)]
    runs = {name: each.path for name, each in pair.systems.items() if isinstance(each, RunSystem)}
    places += [(("systems", name, "path"), path) for name, path in runs.items()]
    indexes = {"uri": pair.index.uri, "reuse": pair.index.reuse}
    places += [(("index", key), uri) for key, uri in indexes.items() if not is_remote(uri)]
    for place, path in places:
        if hub.is_prefixed(path) and not hub.names_data_set(path):
            wanted = "organisation/name, and maybe a path in it, after the prefix"
            raise PairError(
                text.at(*place), f'"{shortened(path)}" names no data set', wanted=wanted, remedy="mend it"
            )
        if fault := path_fault(text.path.parent / path):
            found = f'the path "{shortened(path)}" {fault}'
            raise PairError(text.at(*place), found, remedy="correct the path")


def _check_storage(pair: Pair, text: PairText) -> None:
    """An address that keeps no index, and options that no storage takes; their values are never told."""
    stores = set()
    for key, uri in (("uri", pair.index.uri), ("reuse", pair.index.reuse)):
        store = uri.partition("://")[0]
        if is_remote(uri) and store not in STORES:
            found = f'"{shortened(uri)}" is no place that keeps an index'
            raise PairError(text.at("index", key), found, wanted=WANTED_PLACE, remedy="mend it")
        stores |= {store} if is_remote(uri) else set()
    for option, value in pair.index.storage_options.items():
        place = ("index", "storage_options", option)
        if not stores:
            found = "storage options are for object storage, and the index lies in a folder"
            raise PairError(text.at(*place), found, remedy="take them out, or mend `uri`")
        known = {key for store in stores for key in storage_keys(store)}
        if option not in known:
            found = f'"{shortened(option)}" is no storage option of {", ".join(sorted(stores))}'
            wanted = f"of {', '.join(sorted(known))}"
            raise PairError(text.at(*place), found, wanted=wanted, remedy="mend its spelling")
        if option.startswith("client_") and option.endswith(("retries", "timeout")) and not value.isdigit():
            raise PairError(
                text.at(*place), f'"{option}" is no number', wanted='e.g. "3"', remedy="mend that value"
            )


def path_fault(path: Path) -> str:
    """Why the system takes no such path, whatever is there; empty where it takes it."""
    try:
        os.lstat(path)
    except ValueError:
        return "holds a NUL character"
    except OSError as fault:
        return "is longer than the system allows" if fault.errno == errno.ENAMETOOLONG else ""
    return ""


def _no_model(system: DenseSystem, folder: Path) -> bool:
    """Whether a system's model is neither served, nor a demo model, nor something that exists, nor what could be a hub id."""
    model = system.model
    if system.url:
        return not model
    if model.startswith(DEMO_PREFIX):
        return model.removeprefix(DEMO_PREFIX) not in DEMO_MODELS
    return not os.path.exists(folder / model) and not could_be_hub_id(model, folder)


def could_be_hub_id(name: str, folder: Path) -> bool:
    """Whether `name` can be `organisation/name` on a hub, and not a folder beside the pair file that is missing."""
    organisation, slash, rest = name.partition("/")
    return (
        bool(organisation and slash and rest)
        and "/" not in rest
        and "\0" not in name
        and not path_fault(folder / name)
        and organisation not in (".", "..", "~")
        and not os.path.isdir(folder / organisation)
    )
