"""Models and data sets of a hub, fetched into its local cache; every way that can fail ends in what to do about it.

A name without prefix is one of the Hugging Face hub; `modelscope:organisation/name` is one of ModelScope.
"""

import logging
from collections.abc import Sequence
from glob import escape
from pathlib import Path

from workbench.core.hubs import hugging_face, model_scope
from workbench.core.hubs.advice import explained
from workbench.core.hubs.protocol import MODEL_FILES, Hub, Wanted

_HUBS: dict[str, Hub] = {"modelscope:": model_scope}  # prefix of a name -> hub

_log = logging.getLogger(__name__)


def fetch(repo: str, *, revision: str = "", kind: str = "model", patterns: Sequence[str] = ()) -> Path:
    """The folder of a repository's snapshot, downloaded where this machine does not have it yet.

    `repo`: organisation/name, with the prefix of its hub; `revision`: branch, tag or commit, by default the main branch;
    `kind`: model or dataset; `patterns`: which files, by default MODEL_FILES of a model and all of a data set. A commit
    that the cache has whole is not asked for; where the hub does not give a branch, what the cache has of it is used, with
    a warning. The settings of each hub's own library hold (endpoint, token, cache, offline).
    """
    hub, wanted = _hub_of(repo), _wanted(repo, revision, kind, patterns)
    have, offline = hub.cached(wanted), hub.is_offline()
    if have and (offline or hub.is_settled(have, wanted)):
        return have
    with hub.bounded() as watch:
        try:
            return hub.get(wanted, have, watch)
        except Exception as fault:  # whatever a network, a hub and a disk can do
            problem = explained(repo, hub, wanted, fault, watch.limit)
            if not have:
                raise problem from fault
    _log.warning("%s. Going on with the copy in %s.", problem, have)
    hub.keep(have, wanted)
    return have


def fetch_data_set(name: str, *, revision: str = "", patterns: Sequence[str] = ()) -> Path:
    """The folder of a data set, or with a prefix that of `prefix:organisation/name/inner/path`, or that file.

    `patterns`: which files of the data set, or of the inner folder; by default all.
    """
    repo, inner = _split(name)
    if inner:
        patterns = [escape(inner), *(f"{escape(inner)}/{pattern}" for pattern in patterns or ("*",))]
    return fetch(repo, revision=revision, kind="dataset", patterns=patterns) / inner


def cached(
    repo: str, *, revision: str = "", kind: str = "model", patterns: Sequence[str] = ()
) -> Path | None:
    """The folder of the snapshot that this machine has, whole as far as its list of files tells; never asks the hub."""
    return _hub_of(repo).cached(_wanted(repo, revision, kind, patterns))


def commit_of(repo: str, *, revision: str = "", kind: str = "model", patterns: Sequence[str] = ()) -> str:
    """The commit of the snapshot that this machine has (40 hexadecimal digits); empty where it has none."""
    have = cached(repo, revision=revision, kind=kind, patterns=patterns)
    return have.name if have else ""


def is_prefixed(name: str) -> bool:
    """Whether a name says by its prefix that it is one of a hub."""
    return name.startswith(tuple(_HUBS))


def names_data_set(name: str) -> bool:
    """Whether a prefixed name has the parts of a data set's: organisation, name, and maybe a path in it."""
    organisation, slash, rest = _without_prefix(name).partition("/")
    return is_prefixed(name) and bool(organisation and slash and rest) and ".." not in name.split("/")


def main_branch(name: str) -> str:
    """The branch that an empty revision stands for."""
    return _hub_of(name).MAIN


def fetch_again(name: str) -> str:
    """The command that takes a damaged model out of its hub's cache."""
    return _hub_of(name).fetch_again(_without_prefix(name))


def extra_of(name: str) -> str:
    """The extra of the workbench that brings the library which a prefixed name needs."""
    return name.partition(":")[0]


def _hub_of(name: str) -> Hub:
    return next((hub for prefix, hub in _HUBS.items() if name.startswith(prefix)), hugging_face)


def _without_prefix(name: str) -> str:
    return next((name.removeprefix(prefix) for prefix in _HUBS if name.startswith(prefix)), name)


def _split(name: str) -> tuple[str, str]:
    """A data set's name, and the path in it; the latter only where there is a prefix."""
    if not is_prefixed(name):
        return name, ""
    organisation, _, rest = name.partition("/")
    repo, _, inner = rest.partition("/")
    return f"{organisation}/{repo}", inner.strip("/")


def _wanted(name: str, revision: str, kind: str, patterns: Sequence[str]) -> Wanted:
    files = tuple(patterns) or (MODEL_FILES if kind == "model" else ())
    return Wanted(_without_prefix(name), revision, kind, files)
