"""One operation of the API: what it reads, what it runs, what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import attrs

from model_registry.asgi.answers import Answer
from model_registry.asgi.downloads import Download
from model_registry.asgi.handlers import Asked
from model_registry.asgi.params import Body
from model_registry.errors import RegistryError


@attrs.frozen(kw_only=True)
class Operation:
    """
    One method of one path, declared once for serving and for the OpenAPI document.

    Attributes:
        method: ``GET``, ``POST``, ``PUT`` or ``DELETE``; GET serves HEAD too.
        path: below the prefix; ``{id}`` stands for an entry's id.
        handler: the use case; it runs on a thread and may block, unless it is quick.
        status: of its success.
        content: the media types of its success, and the schema of each.
        query: the classes whose ruled fields are its parameters.
        body: how its body is read; None if it has none.
        errors: what it may raise, besides what every operation may.
        conditional: the header under whose condition it runs, if any.
        long: whether it may take minutes, and so must not keep others waiting.
        of_state: whether its success follows from path, query and the tenant's state
            alone; it may be kept while that state lasts, and has its ETag.
        own_tag: whether it has an ETag of its own nevertheless, an entry's.
        quick: tells whether an embedded store does what was asked sooner than a
            thread wakes; None if it never does.
    """

    method: str
    path: str
    handler: Callable[[Asked], Answer | Download]
    status: int = 200
    content: Mapping[str, str] = attrs.field(factory=dict)
    query: tuple[type[attrs.AttrsInstance], ...] = ()
    body: Body | None = None
    errors: tuple[type[RegistryError], ...] = ()
    conditional: str | None = None
    long: bool = False
    of_state: bool = False
    own_tag: bool = False
    quick: Callable[[Asked], bool] | None = None

    @cached_property
    def condition(self) -> bytes | None:
        """The name of the conditional header, as ASGI writes it."""
        return None if self.conditional is None else self.conditional.lower().encode()

    @property
    def name(self) -> str:
        """The operation's name, for the OpenAPI document."""
        return str(getattr(self.handler, "__name__", self.path))

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        text = (self.handler.__doc__ or self.name).strip()
        return text.partition("\n")[0]
