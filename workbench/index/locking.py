"""One builder of an index at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.core.errors import IndexFault


@contextmanager
def only_builder(uri: str) -> Iterator[None]:
    """Holds the lock of a local index; it dies with its process."""
    if "://" in uri:
        yield
        return
    lock = FileLock(f"{uri}.lock", timeout=0)
    try:
        Path(uri).parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise IndexFault(
            uri, "is being built by another process", remedy="wait until that build is done"
        ) from None
    except OSError as fault:
        raise IndexFault(
            uri,
            f"cannot be written ({fault})",
            remedy="choose another folder with --home, or as `uri` of [index]",
        ) from fault
    try:
        yield
    finally:
        lock.release()
