"""What is wanted of a hub, and what each module of a hub offers."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workbench.core.hubs.watch import Watch

MODEL_FILES = (
    "*.json",
    "*.safetensors",
    "*.model",
    "*.txt",
)  # weights, configuration, tokenizer, in nested folders too; no pickle
UNWANTED = ("onnx/*", "openvino/*", "checkpoint-*/*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Files of a repository: `repo` as organisation/name; `revision`: branch, tag or commit, empty for the main branch.

    `kind`: model or dataset; `patterns`: of file names, empty for all.
    """

    repo: str
    revision: str
    kind: str
    patterns: tuple[str, ...]

    @property
    def options(self) -> str:
        """What both hubs' download commands are given: the name, and what is not by default."""
        options = [self.repo]
        options += ["--repo-type", self.kind] if self.kind != "model" else []
        options += ["--revision", self.revision] if self.revision else []
        return " ".join(options)

    @property
    def key(self) -> str:
        """The key of a pair file that names it."""
        return "path" if self.kind == "dataset" else "model"


@dataclass(frozen=True, slots=True)
class Said:
    """What an exception tells: names of classes, HTTP status (0: none), error number of the system, words."""

    names: Sequence[str]
    status: int
    errno: int
    words: str


class Hub(Protocol):
    """A module of this package: one hub, through the library that its makers keep."""

    @property
    def MAIN(self) -> str:  # noqa: N802 (a constant)
        """The branch that an empty revision stands for."""
        ...

    @property
    def SIGNS(self) -> Sequence[tuple[str, int, str]]:  # noqa: N802
        """Class of an exception or of one of its bases, HTTP status (0: any), kind of fault; the first that applies."""
        ...

    def cached(self, wanted: Wanted) -> Path | None:
        """The folder of the snapshot that this machine has, whole as far as its list of files tells; nobody is asked."""
        ...

    def is_settled(self, have: Path, wanted: Wanted) -> bool:
        """Whether the hub need not be asked what it has now."""
        ...

    def is_offline(self) -> bool:
        """Whether the user forbids to ask it."""
        ...

    def bounded(self) -> AbstractContextManager[Watch]:
        """The library's requests under a watch."""
        ...

    def get(self, wanted: Wanted, have: Path | None, watch: Watch) -> Path:
        """The folder of the snapshot that the hub has now, fetched where `have` is another one, or none."""
        ...

    def keep(self, have: Path, wanted: Wanted) -> None:
        """Lets the revision stand for this snapshot again, where an attempt to fetch another one has moved it."""
        ...

    def said(self, fault: BaseException) -> Said: ...

    def words(self, wanted: Wanted) -> Mapping[str, str]:
        """What the advice about a fault is filled in with: names of this hub's settings, addresses and commands."""
        ...

    def fetch_again(self, repo: str) -> str:
        """The command that takes a damaged model out of the cache."""
        ...
