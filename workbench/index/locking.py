"""One builder of an index at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.core.errors import IndexFault
from workbench.core.settings import is_remote
from workbench.index.lock_objects import LockObject


class Held:
    """A lock that nothing but its holder's end takes away."""

    def check(self) -> None:
        """Raises where the lock is another's by now."""


@contextmanager
def only_builder(uri: str) -> Iterator[Held | LockObject]:
    """Holds the lock of an index: a file, which dies with its process, or an object, which does a little later."""
    if is_remote(uri):
        with LockObject(uri) as lock:
            yield lock
        return
    file = FileLock(f"{uri}.lock", timeout=0)
    try:
        Path(uri).parent.mkdir(parents=True, exist_ok=True)
        file.acquire()
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
        yield Held()
    finally:
        file.release()
