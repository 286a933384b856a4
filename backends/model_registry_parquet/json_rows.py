"""The few fields that a scan needs out of a line of JSON; nothing else of it is built."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Final

import msgspec
import pyarrow as pa

from model_registry.domain.shape import Needed, Shape

_Tree = dict[str, "_Tree | None"]
_NEEDED: Final = 3
_ALIKE: Final = 12


class JsonRows:
    """
    Decodes rows, and takes the needed fields out of them.

    Names with dots lead into nested objects, unless a field has that very name;
    of the objects on the way, too, only what is needed is built.

    Args:
        shape: how the rows name what is needed; a plain one.
        fixed: fields that every row has, whatever is in it.
    """

    whole: bool = False
    """Whether what is decoded are objects that rows have yet to be taken out of."""

    def __init__(self, shape: Shape, fixed: Mapping[str, str | None]) -> None:
        paths = shape.needed
        tree: _Tree = {}
        for path in paths:
            tree[path] = None
        for path in paths:
            _grow(tree, path.split("."))
        self._decoder = msgspec.json.Decoder(_row_type(tree))
        self.needed = _taker(tree, (shape.model, shape.tenant, shape.time), fixed)
        """Takes model, tenant and time out of a row, each None if the row lacks it."""
        self.tenant = _getter(tree, shape.tenant, fixed)
        """Takes the tenant out of a row, None if the row lacks it."""

    def rows_of(self, decoded: Any) -> Iterator[Any]:
        """Yield the rows in what was decoded: here that itself."""
        yield decoded

    def line(self, line: bytes) -> Any:
        """
        Decode one line.

        Raises:
            ValueError: with what is wrong with it.
        """
        try:
            line.decode()
            return self._decoder.decode(line)
        except UnicodeDecodeError:
            raise ValueError("not UTF-8") from None
        except msgspec.ValidationError:
            is_object = line.lstrip().startswith(b"{")
            raise ValueError("a number too large" if is_object else "not an object") from None
        except (msgspec.DecodeError, RecursionError):
            raise ValueError("not JSON") from None

    def lines(self, block: bytes, count: int) -> list[Any] | None:
        """
        Decode many lines at once, if each is an object that can be read; else None.

        An object could also run over several lines, or two stand in one. Where
        every line ends with ``}`` and the next begins with ``{``, lines only end
        between objects, since those two meet nowhere else in JSON; then as many
        objects as lines means one object a line.

        Args:
            block: lines, without the last line end.
            count: how many lines it has.
        """
        if not _ends_between_objects(block, count) or not _is_utf8(block):
            return None
        try:
            rows = self._decoder.decode_lines(block)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        return rows if len(rows) == count else None


class JsonObjects(JsonRows):
    """
    Decodes objects for shapes that are more than plain, as dicts of whole fields.

    Args:
        shape: how the rows name what is needed.
        fixed: fields that every object has, whatever is in it.
    """

    whole = True

    def __init__(self, shape: Shape, fixed: Mapping[str, str | None]) -> None:
        names = [name for name in shape.names if name not in fixed]
        self._names, self._fixed, self._shape = names, dict(fixed), shape
        self._decoder = msgspec.json.Decoder(_row_type(dict.fromkeys(names), msgspec.UNSET))
        self.needed = Needed(shape).take_request
        self.tenant = lambda _: None

    def rows_of(self, decoded: Any) -> Iterator[Any]:
        """Yield the rows in what was decoded."""
        fields = zip(self._names, msgspec.structs.astuple(decoded), strict=True)
        found = {name: value for name, value in fields if value is not msgspec.UNSET}
        return self._shape.rows_of(found | self._fixed)


def json_rows(shape: Shape, fixed: Mapping[str, str | None]) -> JsonRows:
    """Return what decodes the rows of files, the faster the plainer the shape is."""
    return JsonRows(shape, fixed) if shape.is_plain else JsonObjects(shape, fixed)


def _ends_between_objects(block: bytes, lines: int) -> bool:
    # Lines mostly begin alike, and the longer the text, the faster it is sought.
    alike = block[:_ALIKE]
    if alike.startswith(b"{") and block.count(b"}\n" + alike) == lines - 1:
        return True
    return lines - 1 in (block.count(b"}\n{"), block.count(b"}\r\n{"))


def _is_utf8(block: bytes) -> bool:
    """Tell whether all of a block is UTF-8, at many times the speed of decoding it."""
    ends = pa.py_buffer(struct.pack("=ii", 0, len(block)))
    text = pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(block)])
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _grow(tree: _Tree, path: list[str]) -> None:
    """Add a path of nested names, unless all of what is on its way is built anyway."""
    for name in path[:-1]:
        below = tree.setdefault(name, {})
        if below is None:
            return
        tree = below
    tree[path[-1]] = None


def _field_names(tree: _Tree) -> dict[str, str]:
    return {name: f"field_{number}" for number, name in enumerate(tree)}


def _row_type(tree: _Tree, lacking: Any = None) -> type[msgspec.Struct]:
    """Make the type of objects that have these fields, each of which may lack."""
    fields: list[tuple[str, Any, Any]] = []
    for name, field in _field_names(tree).items():
        below = tree[name]
        kind: Any = Any
        if below is not None:
            kind = _row_type(below) | str | int | float | bool | list[Any] | None
        fields.append((field, kind, msgspec.UNSET if "." in name else lacking))
    renamed = {field: name for name, field in _field_names(tree).items()}
    return msgspec.defstruct("Row", fields, rename=renamed, gc=False)


def _taker(
    tree: _Tree, paths: Iterable[str | None], fixed: Mapping[str, str | None]
) -> Callable[[Any], tuple[Any, Any, Any]]:
    names = _field_names(tree)
    plain = [path for path in paths if path is not None and "." not in path and path not in fixed]
    if len(plain) == _NEEDED:
        return attrgetter(*(names[path] for path in plain))
    model, tenant, time = (_getter(tree, path, fixed) for path in paths)
    return lambda row: (model(row), tenant(row), time(row))


def _getter(tree: _Tree, path: str | None, fixed: Mapping[str, str | None]) -> Callable[[Any], Any]:
    if path is None:
        return lambda _: None
    if path in fixed:
        value = fixed[path]
        return lambda _: value
    own = attrgetter(_field_names(tree)[path])
    if "." not in path:
        return own
    steps: list[tuple[str, str | None]] = []
    below: _Tree | None = tree
    for name in path.split("."):
        steps.append((name, None if below is None else _field_names(below)[name]))
        below = None if below is None else below[name]

    def get(row: Any) -> Any:
        value = own(row)
        return _inside(row, steps) if value is msgspec.UNSET else value

    return get


def _inside(row: Any, steps: list[tuple[str, str | None]]) -> Any:
    value = row
    for name, field in steps:
        if field is not None and isinstance(value, msgspec.Struct):
            value = getattr(value, field)
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value
