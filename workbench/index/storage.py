"""Where an index can lie: connecting to a folder or to object storage, with what a pair says of that storage."""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import lancedb
from obstore.store import from_url

from workbench.core.errors import IndexFault, StorageFault
from workbench.core.settings import STORES, WANTED_PLACE, StoredAt, is_remote

# By default LanceDB tries ten times within three minutes, so that a wrong address hangs for minutes, and no
# request may take more than 30 s, which large pieces do over a slow line: here only silence may not.
PATIENCE = {
    "client_max_retries": "2",
    "client_retry_timeout": "20",
    "connect_timeout": "5s",
    "read_timeout": "30s",
    "timeout": "300s",
}


def connect(uri: str) -> Any:
    """A LanceDB connection; an IndexFault where no index can live there."""
    check_place(uri)
    if not is_remote(uri):
        return lancedb.connect(uri)
    return lancedb.connect(str(uri), storage_options={**PATIENCE, **options_of(uri)})


def check_place(uri: str) -> None:
    """An IndexFault where no index can live at such an address."""
    if is_remote(uri) and uri.partition("://")[0] not in STORES:
        raise IndexFault(
            uri,
            "is no place that keeps an index",
            wanted=WANTED_PLACE,
            remedy="mend `uri` of [index] in the pair file",
        )


def options_of(uri: str) -> Mapping[str, str]:
    """What the pair says of the storage at `uri`, with `$NAME` filled in from the environment."""
    given = uri.options if isinstance(uri, StoredAt) else {}
    filled = {key: os.path.expandvars(value) for key, value in given.items()}
    unset = [key for key, value in filled.items() if given[key].startswith("$") and value == given[key]]
    if unset:
        raise StorageFault(
            uri,
            f"needs the environment variable {given[unset[0]]}, which is not set",
            remedy=f"set it, or mend `{unset[0]}` of [index.storage_options]",
        )
    return filled


# What is told to the connection, not to the storage; the retries have names of LanceDB alone.
_CLIENT = {
    "allow_http",
    "allow_invalid_certificates",
    "connect_timeout",
    "read_timeout",
    "timeout",
    "proxy_url",
    "user_agent",
}
_RETRIES = {"client_max_retries", "client_retry_timeout"}
_VARIABLES = {"s3": "AWS_", "gs": "GOOGLE_", "az": "AZURE_"}  # how the environment's names of them begin


def object_store(uri: str) -> Any:
    """The same place for single objects, with which the lock is made."""
    check_place(uri)
    options = {**PATIENCE, **_client_of_environment(uri), **options_of(uri)}
    client = {key: options[key] for key in _CLIENT & options.keys()}
    config: Any = {key: value for key, value in options.items() if key not in _CLIENT | _RETRIES}
    retries: Any = {
        "max_retries": int(options["client_max_retries"]),
        "retry_timeout": timedelta(seconds=int(options["client_retry_timeout"])),
    }
    settings: Any = client
    return from_url(str(uri), config=config, client_options=settings, retry_config=retries)


def _client_of_environment(uri: str) -> dict[str, str]:
    """What the environment tells the connection, as AWS_ALLOW_HTTP does: once any is given in another way, obstore asks it no more."""
    prefix = _VARIABLES[uri.partition("://")[0]]
    return {key: value for key in _CLIENT if (value := os.environ.get(f"{prefix}{key.upper()}"))}
