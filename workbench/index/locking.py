"""One builder of an index at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.errors import IndexFault


@contextmanager
def only_builder(uri: str) -> Iterator[None]:
    """Holds the lock of a local index; it dies with its process."""
    if "://" in uri:
        yield
        return
    Path(uri).parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(f"{uri}.lock", timeout=0):
            yield
    except Timeout:
        raise IndexFault(uri, "is being built by another process", remedy="wait until that build is done") from None
