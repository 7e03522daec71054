"""The files of LawRefBook's tree, from a folder or out of an archive, and the laws that its databases list."""

import bz2
import gzip
import lzma
import os
import sqlite3
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from workbench.core.errors import CorpusError
from workbench.corpora.fields import iso_date
from workbench.corpora.report import SourceReport

REMEDY = "get the tree: git clone --depth 1 https://github.com/LawRefBook/Laws"
SUFFIXES = (".md", ".sqlite3")
LARGEST = 1 << 26  # bytes of one file
TOO_LARGE = f"files above {LARGEST:,} bytes"
_DATABASE = b"SQLite format 3\0"
_STEPS = 10_000_000  # of SQLite's machine; 1,560 laws take a hundredth
_PACKED: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\xfd7zXZ", lzma.open),
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
)
_ROWS = """
    SELECT category.folder, law.name, law.level, coalesce(law.publish, ''), coalesce(law.valid_from, ''), law.expired
    FROM law JOIN category ON category.id = law.category_id
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What a database says of one version of a law; dates are ISO or empty."""

    level: str = ""
    published: str = ""
    effective: str = ""
    expired: bool = False


Register = dict[tuple[str, str], list[Row]]  # (folder, name of the file without date) -> versions


def files_of(path: Path, report: SourceReport) -> Iterator[tuple[str, bytes]]:
    """Name (with / between folders) and content of every Markdown and database file below a folder or in an archive."""
    yield from (_in_folder if path.is_dir() else _in_archive)(path, report)


def _in_folder(root: Path, report: SourceReport) -> Iterator[tuple[str, bytes]]:
    def unreadable(fault: OSError) -> None:
        report.skip(
            _shown(str(fault.filename)),
            f"cannot be read ({fault.strerror})",
            kind="files that cannot be read",
        )

    for folder, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(folder, name) for name in sorted(names) if name.endswith(SUFFIXES)):
            name = _shown(path.relative_to(root).as_posix())
            try:
                if path.is_symlink() or not path.is_file():
                    report.skip(name, "is a link or no plain file", kind="links")
                elif (size := path.stat().st_size) > LARGEST:
                    report.skip(name, f"has {size:,} bytes", kind=TOO_LARGE)
                else:
                    content = path.read_bytes()
                    yield name, content
            except OSError as fault:
                unreadable(fault)


def _in_archive(path: Path, report: SourceReport) -> Iterator[tuple[str, bytes]]:
    """Members, read one after the other as they stand in the archive; nothing is written to a disk."""
    try:
        with _unpacked(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                name = PurePosixPath(_shown(member.name))
                if not name.name.endswith(SUFFIXES):
                    continue
                if name.is_absolute() or ".." in name.parts:
                    report.skip(
                        str(name), "leads out of the archive", kind="names that lead out of the archive"
                    )
                elif not member.isreg():
                    report.skip(str(name), "is a link or no plain file", kind="links")
                elif member.size > LARGEST:
                    report.skip(str(name), f"has {member.size:,} bytes", kind=TOO_LARGE)
                elif content := archive.extractfile(member):
                    yield str(name), content.read()
            while stream.read(1 << 20):  # only at its very end an archive shows that it is whole
                pass
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError) as fault:
        raise CorpusError(
            str(path), f"is no archive, a damaged one, or one that is cut short ({fault})", remedy=REMEDY
        ) from fault


def _unpacked(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        begins = stream.read(6)
    unpack: Callable[..., Any] = next((unpack for mark, unpack in _PACKED if begins.startswith(mark)), open)
    return unpack(path, "rb")


def _shown(name: str) -> str:
    """A name that can be printed, whatever bytes it has."""
    return "".join(character if character.isprintable() else "\ufffd" for character in name)


def register_of(name: str, content: bytes, report: SourceReport) -> Register:
    """The laws of the database file `name`; none, and said, where it cannot be read."""
    register: Register = {}
    try:
        if not content.startswith(_DATABASE):
            raise sqlite3.DatabaseError("is no SQLite file")
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(_unlogged(content))
            database.set_progress_handler(
                lambda: 1, _STEPS
            )  # stops what a stranger's view could go on with for ever
            for folder, title, level, published, effective, expired in database.execute(_ROWS):
                key = (PurePosixPath(name).parent / str(folder)).as_posix(), str(title)
                register.setdefault(key, []).append(
                    Row(str(level), iso_date(str(published)), iso_date(str(effective)), bool(expired))
                )
    except (sqlite3.Error, OverflowError, ValueError) as fault:
        report.note(
            name,
            f"cannot be read ({fault}): levels and dates come from folders, file names and heads",
            kind="damaged databases",
        )
    return register


def _unlogged(database: bytes) -> bytes:
    """The database as one without write-ahead log, which SQLite takes none with in memory."""
    return database[:18] + b"\1\1" + database[20:]
