"""Where a local model's files are, what identifies its weights, and whether they can be loaded at all."""

import hashlib
from functools import lru_cache
from pathlib import Path

from workbench.core import hub
from workbench.core.errors import EncoderError
from workbench.core.settings import DEMO_PREFIX, DenseSystem

_IDENTIFYING = (".safetensors", ".json", ".model", ".txt")


def model_location(system: DenseSystem, home: Path) -> str:
    """Folder or hub id of a system's model; `demo:NAME` is a folder in the home folder."""
    if not system.model.startswith(DEMO_PREFIX):
        return system.model
    return str(home / "models" / system.model.removeprefix(DEMO_PREFIX))


def is_hub_id(location: str) -> bool:
    return not Path(location).is_absolute() and not Path(location).is_dir()


def weights_fingerprint(location: str, revision: str = "") -> str:
    """What identifies the weights: a digest of a folder's files, or a hub id with its commit, else with its revision."""
    if is_hub_id(location):
        try:
            return f"{location}@{_commit(location, revision)}"
        except LookupError:
            return f"{location}@{revision or hub.main_branch(location)}"
    files = [path for path in Path(location).rglob("*") if path.suffix in _IDENTIFYING and path.is_file()]
    return _folder_digest(tuple(map(_state, sorted(files))))


def check_folder(location: str) -> None:
    """An EncoderError where a folder is no SentenceTransformer model, or has weights only as a pickle."""
    folder = Path(location)
    if not (folder / "modules.json").is_file():
        lacking = "is no SentenceTransformer folder (modules.json is missing)"
        state = lacking if folder.is_dir() else "does not exist"
        raise EncoderError(location, state, remedy=remedy(location))
    pickles = [*folder.glob("pytorch_model.bin"), *sorted(folder.glob("[0-9]*_*/pytorch_model.bin"))]
    for pickled in pickles:
        if not any(pickled.parent.glob("*.safetensors")):
            raise EncoderError(
                str(pickled),
                "is a pickle, which may run code of its own",
                wanted="model.safetensors",
                remedy=remedy(location),
            )


def remedy(location: str) -> str:
    """What to do about a model that cannot be loaded."""
    if Path(location).parent.name == "models" and Path(location).name in ("base", "tuned"):
        return "run `workbench demo --build-only` to train the demo pair again"
    if is_hub_id(location):
        return f"fetch it again: `{hub.fetch_again(location)}`, then run this again"
    return (
        "correct `model` in the pair file: a folder relative to it, or a hub id that this machine can reach"
    )


def _state(path: Path) -> tuple[str, int, int]:
    """Name, size and time: as long as they stay, the content does."""
    found = path.stat()
    return str(path), found.st_size, found.st_mtime_ns


@lru_cache(maxsize=16)
def _folder_digest(files: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for name, _, _ in files:
        with open(name, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=64)
def _commit(repo: str, revision: str) -> str:
    """The commit that this machine has; only asked for again while it has none."""
    if commit := hub.commit_of(repo, revision=revision):
        return commit
    raise LookupError
