"""What a file is, told by its first bytes whatever its name says."""

import gzip
import io
import zlib
from typing import IO
from zipfile import BadZipFile, ZipFile

GZIP = b"\x1f\x8b"
WORKBOOK = "an Excel workbook"
PARQUET = "a Parquet file"
MOST_UNPACKED = 1 << 30  # bytes: no query set has more, and a small file can unpack to anything

_ZIP = b"PK\x03\x04"
_BEGINNINGS = {
    b"%PDF-": "a PDF",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "a file of old Office (.xls or .doc)",
    b"PAR1": PARQUET,
    b"SQLite format 3\0": "an SQLite database",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\xfd7zXZ\0": "an xz file",
    b"BZh": "a bzip2 file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"ARROW1": "an Arrow file",
    b"\x89PNG\r\n": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"{\\rtf": "a rich text document",
}
_IN_ZIP = {  # a name that an archive of this kind holds
    "xl/workbook.xml": WORKBOOK,
    "xl/workbook.bin": "a binary Excel workbook (.xlsb)",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "content.xml": "an OpenDocument file",
    "Index/Document.iwa": "an iWork document",
}


def what_is(file: IO[bytes]) -> str:
    """What a file is that is neither text nor packed by gzip; nothing where it is; read from where it stands, and put back there.

    >>> what_is(io.BytesIO(b"%PDF-1.7")), what_is(io.BytesIO("问题,法条".encode()))
    ('a PDF', '')
    """
    begin = file.tell()
    head = file.read(512)
    kind = next((kind for first, kind in _BEGINNINGS.items() if head.startswith(first)), "")
    if head.startswith(_ZIP):
        kind = _in_zip(file)
    elif head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        kind = "a web page"
    file.seek(begin)
    return kind


def unpacked(content: bytes) -> bytes | None:
    """`content` itself, or what is in it where gzip packed it; None where that is damaged or has no end.

    >>> unpacked(gzip.compress(b"a")), unpacked(b"a")
    (b'a', b'a')
    """
    if not content.startswith(GZIP):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            text = file.read(MOST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error):
        return None
    return text if len(text) <= MOST_UNPACKED else None


def _in_zip(file: IO[bytes]) -> str:
    try:
        with ZipFile(file) as archive:
            names = set(archive.namelist())
    except (BadZipFile, ValueError, OSError, NotImplementedError):
        return "a damaged zip archive"
    return next((kind for name, kind in _IN_ZIP.items() if name in names), "a zip archive")
