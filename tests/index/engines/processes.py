"""Processes of a Ray that some process has started, as `/proc` has them."""

from collections.abc import Iterator
from pathlib import Path


def workers_of(driver: int) -> list[int]:
    """The ids of our workers below the process `driver`."""
    parents = dict(_parents())

    def is_below(process: int) -> bool:
        while process and process != driver:
            process = parents.get(process, 0)
        return bool(process)

    return [process for process in parents if is_below(process) and b"ray::_Worker" in _command(process)]


def _parents() -> Iterator[tuple[int, int]]:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            yield int(status.parent.name), int(status.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
