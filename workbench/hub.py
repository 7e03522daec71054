"""Models and data sets of a hub, fetched into its local cache; every way that can fail ends in what to do about it."""

from collections.abc import Sequence
from pathlib import Path

from workbench.errors import HubError

PATIENCE = 10.0  # seconds that the hub may take to answer before it counts as out of reach


def fetch(repo: str, *, revision: str = "", kind: str = "model", patterns: Sequence[str] = ()) -> Path:
    """The folder of a repository's snapshot, downloaded where this machine does not have it yet.

    `repo`: organisation/name; `revision`: branch, tag or commit, by default main; `kind`: model or dataset; `patterns`:
    which files, by default all.
    """
    from huggingface_hub import snapshot_download  # takes a second to import

    try:
        return Path(snapshot_download(repo, revision=revision or None, repo_type=kind, allow_patterns=list(patterns) or None, etag_timeout=PATIENCE))
    except Exception as fault:
        raise HubError(repo, f"cannot be fetched ({type(fault).__name__})", remedy="check the name and the connection") from fault


def cached(repo: str, *, revision: str = "", kind: str = "model") -> Path | None:
    """The folder of the snapshot that this machine has already, without asking the hub."""
    raise NotImplementedError


def commit_of(repo: str, *, revision: str = "", kind: str = "model") -> str:
    """The commit of the snapshot that this machine has (40 hexadecimal digits); empty where it has none."""
    raise NotImplementedError
