"""What long work says while it goes on."""

from typing import Protocol


class Reporter(Protocol):
    """Takes lines for people, and how far a stage of the work is."""

    def say(self, text: str) -> None: ...

    def progress(self, stage: str, done: int, total: int, *, unit: str, note: str = "") -> None:
        """`stage` is `done` of `total` `unit` far; a stage begins with its first call and ends with the next stage.

        `note`: what else is to be seen beside the bar, e.g. the loss.
        """
        ...


class Silent:
    """Says nothing."""

    def say(self, text: str) -> None: ...

    def progress(self, stage: str, done: int, total: int, *, unit: str, note: str = "") -> None: ...
