"""What is worked out of the articles when they are built, so that no reader has to read them all for it.

The table `derived` holds bytes by name, for each build, with a checksum: what is no longer what was written counts as not
there.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from workbench.core.digests import digest

DERIVED = "derived"
_SCHEMA = pa.schema(
    [
        ("build_id", pa.string()),
        ("name", pa.string()),
        ("content", pa.large_binary()),
        ("checksum", pa.binary()),
    ]
)


def write_derived(database: Any, build_id: str, contents: Mapping[str, bytes]) -> None:
    """Adds what was worked out for one build, in place of what there was of it."""
    rows = [
        {"build_id": build_id, "name": name, "content": content, "checksum": digest(build_id, name, content)}
        for name, content in contents.items()
    ]
    table = pa.Table.from_pylist(rows, schema=_SCHEMA)
    if DERIVED not in database.list_tables().tables:
        database.create_table(DERIVED, table)
        return
    derived = database.open_table(DERIVED)
    derived.delete(f"build_id = '{build_id}'")
    derived.add(table)


def read_derived(database: Any, build_id: str, name: str) -> bytes | None:
    """What was worked out under that name; None where nothing sound is there."""
    if DERIVED not in database.list_tables().tables:
        return None
    where = f"build_id = '{build_id}' AND name = '{name}'"
    rows = database.open_table(DERIVED).search().where(where).limit(1).to_arrow().to_pylist()
    for row in rows:
        content: bytes = row["content"]
        if row["checksum"] == digest(build_id, name, content):
            return content
    return None


def drop_derived(database: Any, kept: set[str]) -> None:
    """Forgets what was worked out of other builds than these."""
    if DERIVED in database.list_tables().tables:
        listed = ", ".join(f"'{build_id}'" for build_id in sorted(kept))
        database.open_table(DERIVED).delete(f"build_id NOT IN ({listed})")
