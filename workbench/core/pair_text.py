"""The text of a pair file: where a key stands in it, and the faults that its values have."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic_core import ErrorDetails

from workbench.core.errors import PairError
from workbench.core.toml_lines import Place, line_of, toml_lines

_LONGEST = 80  # characters of a value in a message
LONGEST_PATH = 160  # characters of a path in a message


@dataclass(frozen=True)
class PairText:
    """The text of a pair file, to name the places of faults in it."""

    text: str
    path: Path

    @cached_property
    def _lines(self) -> dict[Place, int]:
        return toml_lines(self.text)

    def at(self, *place: str | int) -> str:
        """The file, with the line where `place` stands or would stand."""
        line = line_of(place, self._lines)
        return f"{self.path}:{line}" if line else str(self.path)

    def explained(self, error: ErrorDetails) -> PairError:
        """A fault in the values that pydantic found."""
        place = tuple(key for key in error["loc"] if not str(key).startswith("["))
        name, at, context = ".".join(map(str, place)), self.at(*place), error.get("ctx", {})
        if error["type"] == "unexpected_keyword_argument":
            wanted = f"of {context['keys']}" if "keys" in context else ""
            remedy = "remove it, or mend its spelling (docs/pair-file.md lists every key)"
            return PairError(at, f'unknown key "{name}"', wanted=wanted, remedy=remedy)
        if error["type"] in ("missing", "missing_argument"):
            remedy = "add it (docs/pair-file.md lists every key)"
            return PairError(at, f'the key "{name}" is missing', remedy=remedy)
        secret = place[:2] == ("index", "storage_options")
        shown = "of another type" if secret else shortened(repr(error.get("input")))
        if error["type"] == "union_tag_invalid":
            kinds = f"of {context['expected_tags']}".replace("'", "")
            return PairError(at, f'"{name}" is {shown}', wanted=kinds, remedy="choose among these kinds")
        return PairError(at, f'"{name}" is {shown}', wanted=error["msg"], remedy="mend that value")


def line_in(file: str, *place: str | int) -> str:
    """The same of a pair that was read already: its file, with the line where it can be read."""
    path = Path(file)
    try:
        return PairText(path.read_text(encoding="utf-8-sig"), path).at(*place)
    except (OSError, ValueError):
        return file


def shortened(shown: Any, longest: int = _LONGEST) -> str:
    """A value as a message shows it."""
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."
