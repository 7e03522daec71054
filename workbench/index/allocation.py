"""Memory that one batch of rows has freed is kept for the next: else the system clears its pages anew, half the time of a scan."""

import ctypes
from contextlib import suppress

# glibc's own numbers for its parameters, as malloc.h has them.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT, _LARGEST = 1 << 28, 1 << 25  # bytes: kept at most, and of the largest piece that is kept


def keep_freed_memory() -> None:
    """For this process; nothing happens where its C library is another one than glibc."""
    with suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _LARGEST)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
