"""A checksum of a few values that belong together, to tell later whether they are still what was written."""

import xxhash


def digest(*parts: str | bytes) -> bytes:
    """Eight bytes that change with any bit of the parts, and with where one ends and the next begins; XXH3, no cryptography.

    >>> digest("ab", "c") == digest("a", "bc")
    False
    """
    hasher = xxhash.xxh3_64()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        hasher.update(len(content).to_bytes(8, "little") + content)
    return hasher.digest()
