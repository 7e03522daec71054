"""Results as files for other tools."""

import json
from pathlib import Path
from typing import Any


def write_json(result: Any, path: Path | None) -> str:
    """`result` as JSON with sorted keys, so that the same input gives the same bytes; written to `path` where one is given."""
    text = json.dumps(result, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return text
