"""The libraries that encoding on this machine needs, and training: the extras `local` and `train` bring them."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from workbench.core.errors import EncoderError

EXTRA = "local"
INSTALL = f"pip install 'lawvault-workbench[{EXTRA}]'"
# Name on the package index -> name of the module.
LIBRARIES = {
    "sentence-transformers": "sentence_transformers",
    "transformers": "transformers",
    "torch": "torch",
}
TRAINING = LIBRARIES | {"accelerate": "accelerate", "datasets": "datasets", "tomli-w": "tomli_w"}
INSTALL_TRAINING = "pip install 'lawvault-workbench[train]'"


def check_installed(subject: str, libraries: Mapping[str, str] = LIBRARIES) -> None:
    """An EncoderError about `subject` where one of them is not there; none is imported."""
    if not (missing := missing_libraries(libraries)):
        return
    lacking = f"this machine, which lacks {', '.join(missing)}"
    if libraries is TRAINING:
        raise EncoderError(subject, f"is to be trained on {lacking}", remedy=INSTALL_TRAINING)
    remedy = f"{INSTALL}, or name a server that has the model as `url`"
    raise EncoderError(subject, f"runs on {lacking}", remedy=remedy)


def missing_libraries(libraries: Mapping[str, str]) -> list[str]:
    """Those of `libraries` (name on the package index -> module) that are not there; none is imported."""
    return [library for library, module in libraries.items() if not _is_there(module)]


def installed_versions() -> dict[str, str]:
    """Library -> version, of those that are there."""
    versions = {library: _version(library) for library in LIBRARIES}
    return {library: number for library, number in versions.items() if number}


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        return False


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""
