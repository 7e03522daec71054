"""Progress bars on stderr."""

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from tqdm import tqdm


class Bars:
    """A progress bar per stage, one after the other; `names`: stage -> what stands before its bar."""

    def __init__(self, names: Mapping[str, str], unit: str) -> None:
        self._names, self._unit, self._bars = names, unit, dict[str, Any]()

    def show(self, stage: str, done: int, total: int) -> None:
        if stage not in self._bars:
            self._close()
            self._bars[stage] = tqdm(
                total=total, initial=done, desc=self._names[stage], unit=f" {self._unit}", file=sys.stderr
            )
        self._bars[stage].update(done - self._bars[stage].n)

    def _close(self) -> None:
        for bar in self._bars.values():
            bar.close()

    def __enter__(self) -> "Bars":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
