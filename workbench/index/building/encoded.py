"""Which texts have vectors of an encoder already: in the index, or staged by a build that was stopped."""

from pathlib import Path

from workbench.core.settings import is_remote
from workbench.encoders import Encoder
from workbench.index.building.data_files import DataFolder
from workbench.index.building.staged import Staged, group_of
from workbench.index.building.vector_files import staged_file, vectors_in
from workbench.index.faults import readable
from workbench.index.reading import ARTICLES, Index
from workbench.index.storage import connect, open_if_there


def digests_with_vectors(uri: str, encoder: Encoder, width: int) -> set[str]:
    """Content hashes of what has a vector of `encoder`, `width` wide at least."""
    if not is_remote(uri) and not Path(uri).exists():  # looking would make the folder
        return set()
    staged, folder = Staged(uri, group_of(encoder, width)), DataFolder(uri)
    found = {each for unit in staged.under_way() for hashes, _ in staged.parts(unit) for each in hashes}
    for unit in staged.units():
        if whole := staged_file(folder, staged, unit.unit):
            found |= {each for hashes, _ in vectors_in(folder, whole) for each in hashes}
    with readable(uri):
        built = open_if_there(connect(uri), ARTICLES) is not None
    index = Index(uri) if built else None
    if index and index.columns_made_by(encoder.description, width):
        found |= set(index.column("content_hash"))
    return found
