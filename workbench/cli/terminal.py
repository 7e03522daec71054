"""What long work says, on stderr: lines, and a progress bar for each stage."""

import sys
from types import TracebackType
from typing import Any

from tqdm import tqdm


class Terminal:
    """A `Reporter` that writes to stderr; one bar at a time, closed before anything else is said."""

    def __init__(self) -> None:
        self._stage = ""
        self._bar: Any = None

    def say(self, text: str) -> None:
        self.close()
        print(text, file=sys.stderr, flush=True)

    def progress(self, stage: str, done: int, total: int, *, unit: str, note: str = "") -> None:
        if stage != self._stage:
            self.close()
            self._bar = tqdm(total=total, initial=done, desc=stage, unit=f" {unit}", file=sys.stderr)
            self._stage = stage
        if self._bar is not None:
            if note:
                self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(done - self._bar.n)
        if done >= total:  # whatever is said next is not written into the bar
            self._close_bar()

    def close(self) -> None:
        """Leaves the last stage's bar as it stands."""
        self._close_bar()
        self._stage = ""

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = None

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
