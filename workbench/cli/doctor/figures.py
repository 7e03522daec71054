"""Bytes, durations and other figures in two digits, as far as an estimate carries."""


def size(count: float) -> str:
    """
    >>> [size(n) for n in (90_000, 450e6, 1.74e9, 84e9)]
    ['0.09 MB', '450 MB', '1.7 GB', '84 GB']
    """
    return f"{rounded(count / 1e9)} GB" if count >= 1e9 else f"{rounded(count / 1e6)} MB"


def rounded(number: float) -> str:
    """
    >>> [rounded(n) for n in (0.071, 1.74, 1740.4)]
    ['0.071', '1.7', '1,740']
    """
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def duration(seconds: float) -> str:
    """
    >>> [duration(s) for s in (0.2, 41, 600, 9000)]
    ['1 s', '41 s', '10 min', '2.5 h']
    """
    if seconds >= 5400:
        return f"{seconds / 3600:.1f} h"
    if seconds >= 90:
        return f"{seconds / 60:.0f} min"
    return f"{max(seconds, 1):.0f} s"
