"""An index that an earlier version built gets what makes its rows quickly found and checked; nothing of it is written anew."""

from workbench.index.checksums import files_in, record_files, table_folder
from workbench.index.faults import readable
from workbench.index.locking import only_builder
from workbench.index.reading import ARTICLES, Index
from workbench.index.scalar import build_scalar
from workbench.index.storage import connect


def upgrade(uri: str) -> bool:
    """Whether something was missing, and is there now; an index without checksums of its columns is left as it is."""
    opened = Index(uri)
    if opened.has_row_checksums or not opened.has_checksums:
        return False
    if damage := opened.find_damage():  # which must not be taken for what was built
        raise opened.fault(damage[0])
    with only_builder(uri), readable(uri):
        database = connect(uri)
        there = files_in(table_folder(uri, ARTICLES))
        build_scalar(database, database.open_table(ARTICLES), {opened.build_id})
        record_files(database, uri, ARTICLES, opened.build_id, there)
    return True
