"""From which sources the demo's models and index were made: what is up to date is not made again."""

from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from workbench.core.errors import EncoderError
from workbench.core.settings import Pair, sample_queries
from workbench.encoders.local_libraries import TRAINING, missing_libraries


def check_trainable() -> None:
    """An EncoderError where the libraries that train the demo's models are not installed."""
    if missing := missing_libraries(TRAINING):
        found = f"is trained on this machine, which lacks {', '.join(missing)}"
        raise EncoderError("the demo pair", found, remedy="pip install 'lawvault-workbench[demo]'")


class Stamp:
    """A file that says from which sources something was made."""

    def __init__(self, file: Path, sources: Sequence[Path]) -> None:
        self._file = file
        self._state = sha256(b"".join(sha256(source.read_bytes()).digest() for source in sources)).hexdigest()

    @property
    def fits(self) -> bool:
        return self._file.is_file() and self._file.read_text() == self._state

    def set(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(self._state)


def models_stamp(home: Path) -> Stamp:
    """That of the demo's models."""
    return Stamp(home / "models" / "made-from", _training_sources())


def index_stamp(pair: Pair, home: Path) -> Stamp:
    """That of the demo's index and of all that a build leaves in the home folder."""
    return Stamp(home / "demo-made-from", [*_training_sources(), Path(pair.file), *map(Path, pair.queries)])


def _training_sources() -> list[Path]:
    package = Path(str(files("workbench")))
    corpus = [
        package / "corpora" / "sources" / name for name in ("china_law.py", "synthetic.py", "synthetic.toml")
    ]
    questions = sample_queries() / "train.jsonl"
    training = package / "training"
    recipes = sorted((training / "recipes").glob("demo*.toml"))
    return [*sorted(training.glob("*.py")), *recipes, *corpus, questions]
