"""Lines of a file in blocks, plain or gzip, in memory that grows with neither file nor line."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

import attrs

LONGEST_LINE: Final = 16 * 2**20
"""A longer line, in bytes, is broken: it is passed over and never held."""

_BLOCK: Final = 2 * 2**20
_GZIP_MAGIC: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_GZIP: Final = 16 + zlib.MAX_WBITS


@attrs.frozen
class Unreadable:
    """
    Stands for a part of a file that cannot be read.

    Attributes:
        reason: why not.
        lines: how many lines it is, 0 if that cannot be told.
    """

    reason: str
    lines: int


_TOO_LONG: Final = Unreadable(f"longer than {LONGEST_LINE:,} bytes", 1)
_CUT: Final = Unreadable("the compressed data end too early", 0)
_DAMAGED: Final = Unreadable("the compressed data are damaged", 0)


def is_gzip(file: BinaryIO) -> bool:
    """Tell whether a file is gzip, by how it begins, whatever its name."""
    file.seek(0)
    return file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC


def blocks(file: BinaryIO) -> Iterator[bytes | Unreadable]:
    """
    Read whole lines, many at once, without the last line's end.

    Where gzip is damaged, what could be unpacked before is read, though its last
    line may be cut. A byte order mark at the beginning is passed over.
    """
    return _whole_lines(chunks(file))


def chunks(file: BinaryIO) -> Iterator[bytes | Unreadable]:
    """Read a file from its beginning on, unpacked and without a byte order mark, as it comes."""
    packed = is_gzip(file)
    file.seek(0)
    return _unmarked(_gunzipped(file) if packed else _plain(file, None))


def beginning(file: BinaryIO, size: int) -> bytes:
    """Return some of the first bytes of a file, unpacked; none where there are none."""
    if is_gzip(file):
        file.seek(0)
        packed = zlib.decompressobj(_GZIP)
        try:
            return packed.decompress(file.read(size), size).removeprefix(_BYTE_ORDER_MARK)
        except zlib.error:
            return b""
    file.seek(0)
    return file.read(size).removeprefix(_BYTE_ORDER_MARK)


def blocks_between(file: BinaryIO, start: int, end: int | None) -> Iterator[bytes | Unreadable]:
    """
    Read whole lines of a file that is not compressed, as ``blocks`` does.

    Args:
        file: which one.
        start: where a line begins, in bytes.
        end: where a line ends; None for the end of the file.
    """
    file.seek(start)
    read = _plain(file, None if end is None else end - start)
    return _whole_lines(read if start else _unmarked(read))


def next_line(file: BinaryIO, position: int) -> int | None:
    """Return where the next line begins from a position on, None if that line is the last."""
    file.seek(position - 1)
    while chunk := file.read(_BLOCK):
        found = chunk.find(b"\n")
        if found >= 0:
            return file.tell() - len(chunk) + found + 1
    return None


def _plain(file: BinaryIO, length: int | None) -> Iterator[bytes | Unreadable]:
    left = sys.maxsize if length is None else length
    while chunk := file.read(min(_BLOCK, left)):
        left -= len(chunk)
        yield chunk


def _gunzipped(file: BinaryIO) -> Iterator[bytes | Unreadable]:
    """Unpack one gzip member after another, with padding between them or none."""
    unpacker = zlib.decompressobj(_GZIP)
    begun = False
    try:
        while packed := file.read(_BLOCK):
            while packed:
                begun = True
                yield unpacker.decompress(packed, _BLOCK)
                packed = unpacker.unconsumed_tail
                if unpacker.eof:
                    packed = unpacker.unused_data.lstrip(b"\x00")
                    unpacker, begun = zlib.decompressobj(_GZIP), False
        while begun and (rest := unpacker.decompress(b"", _BLOCK)):
            yield rest
    except zlib.error:
        yield _DAMAGED
    else:
        if begun and not unpacker.eof:
            yield _CUT


def _unmarked(chunks: Iterator[bytes | Unreadable]) -> Iterator[bytes | Unreadable]:
    for chunk in chunks:
        yield chunk if isinstance(chunk, Unreadable) else chunk.removeprefix(_BYTE_ORDER_MARK)
        break
    yield from chunks


def _whole_lines(chunks: Iterator[bytes | Unreadable]) -> Iterator[bytes | Unreadable]:
    held: list[bytes] = []
    length = 0
    for chunk in chunks:
        if isinstance(chunk, Unreadable):
            yield from _last_line(held, length)
            yield chunk
            return
        start, end, last = 0, chunk.find(b"\n") + 1, chunk.rfind(b"\n") + 1
        if end and length + end > LONGEST_LINE:
            yield _TOO_LONG
            start = end
            held = []
        if last > start:
            yield b"".join((*held, chunk[start : last - 1]))
        if last:
            held, length = [], 0
        length += len(chunk) - last
        held = [] if length > LONGEST_LINE else [*held, chunk[last:]]
    yield from _last_line(held, length)


def _last_line(held: list[bytes], length: int) -> Iterator[bytes | Unreadable]:
    if length > LONGEST_LINE:
        yield _TOO_LONG
    elif length:
        yield b"".join(held)
