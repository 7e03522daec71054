"""LanceDB's own errors as messages that a user can use."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from workbench.core.errors import IndexFault
from workbench.core.settings import is_remote
from workbench.index.faults_of_storage import storage_fault

LANCE_ERRORS = (OSError, RuntimeError, ValueError)
# What its code in Rust panics at in damaged files: classes that cannot be imported, one of them no Exception.
PANICS = ("RustPanic", "PanicException")
LONGEST = 200  # characters of a message
_SOURCE_PLACE = re.compile(r",?\s*\S+\.rs:\d+(:\d+)?")  # where LanceDB's own source raised it
_WRAPPING = re.compile(
    r"(lance error|LanceError\(\w+\)|Generic [\w/]+ error|Wrapped error): |Invalid input, "
)
_REPEATED = re.compile(r"(\b\w[\w ]*: )\1+")
_INNERMOST = re.compile(r'message: "([^"]+)"')  # in a dump of nested records
_ADDRESS = re.compile(r"uri: Some\(([^?)]+)")


@contextmanager
def readable(uri: str, pair: str = "…") -> Iterator[None]:
    """LanceDB's own errors as one that names the index; `pair`: what the user typed for it, for the remedy."""
    try:
        yield
    except BaseException as fault:
        if not (isinstance(fault, LANCE_ERRORS) or type(fault).__name__ in PANICS):
            raise
        if is_remote(uri) and (of_storage := storage_fault(uri, fault)):
            raise of_storage from fault
        raise IndexFault(
            uri,
            f"cannot be read ({reason(fault)})",
            remedy=f"run `workbench index build --pair {pair}` again, or restore the folder",
        ) from fault


def reason(fault: BaseException) -> str:
    """What went wrong, in one line: without source paths of LanceDB's build, wrappings and dumps of records.

    >>> reason(RuntimeError("lance error: LanceError(IO): file size is too small, /build/lance-io/src/utils.rs:172:20"))
    'file size is too small'
    """
    first_line = str(fault).partition("\n")[0]
    if " { " in first_line:
        return _undumped(first_line)[:LONGEST]
    bare = _WRAPPING.sub("", _SOURCE_PLACE.sub("", first_line))
    return _REPEATED.sub(r"\1", bare).strip()[:LONGEST]


def _undumped(dump: str) -> str:
    headline = _WRAPPING.sub("", dump.partition(" { ")[0])
    headline = headline.rpartition(":")[0] or headline
    innermost = _INNERMOST.findall(dump)
    address = _ADDRESS.search(dump)
    told = f"{headline}: {innermost[-1]}" if innermost else headline
    return f"{told}, {address[1]}" if address else told
