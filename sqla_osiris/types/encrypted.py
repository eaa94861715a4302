"""``Encrypted``: the type of a field whose touches are stored encrypted, with a key of its context alone.

A stored value is a text: the format, the seq of its event, and AES-256-GCM's nonce and ciphertext in base64. Its context,
its column, that seq and the format are authenticated with it (the "associated data" of RFC 5116): elsewhere it does not
open. The key is not beside it: the query that a model stands for hands it over in front of the value, the context behind
it, and a row's value is decrypted as it is read.
"""

import base64
import json
import logging
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple, NoReturn, TypeVar

from sqlalchemy import Dialect, Text
from sqlalchemy.sql import operators
from sqlalchemy.types import ARRAY, NullType, TypeDecorator, TypeEngine, to_instance

from sqla_osiris.errors import DeclarationError, FoldUnavailable, InvalidValue, OsirisError
from sqla_osiris.types.codec import JSONValues, json_values
from sqla_osiris.types.portable import stored

__all__ = ["SEPARATOR", "UNBOUND", "ContextKey", "Encrypted", "Sealed"]

_T = TypeVar("_T")

SEPARATOR: Final = "|"
"""Stands between a key, a value and the text of their context where a query hands them over."""

UNBOUND: Final = "e1:"
"""The first format: nothing says where such a value belongs. It is read under a key of that time alone."""
_FORMAT: Final = "e2:"
_PLAIN_KEY, _WRAPPED_KEY = "k2:", "w2:"
_PLAIN_UNBOUND, _WRAPPED_UNBOUND = "k1:", "w1:"
_BYTES_OF_KEY, _BYTES_OF_NONCE = 32, 12

MasterKey = bytes | Callable[[], bytes]

_values_of = lru_cache(maxsize=256)(json_values)


class Sealed(str):
    """A value as it is stored, encrypted. Nothing else of it is promised than that it can be stored again."""

    __slots__ = ()


class ContextKey(NamedTuple):
    """A context's key, opened: ``context`` is its text, ``unbound`` whether values of the first format are under it."""

    key: bytes
    context: str
    unbound: bool


class Encrypted(TypeDecorator[_T]):
    """A column type whose values are stored encrypted, with a key per context that ``erase`` deletes.

    ``type_`` is the values' type. ``master_key`` is 32 bytes, or a function that returns them: it encrypts the keys
    that the database holds. All of a model's encrypted fields have the same. ``bound_as`` is where the values were
    written, as ``"table.column"``, for a model or a field that was renamed since. SQL cannot compute with the values:
    comparing them raises FoldUnavailable; ``is_(None)`` works.
    """

    impl = stored(Text())
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[Any]):
        """Refuses every operator but IS NULL and IS NOT NULL: the database holds ciphertext."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            if op not in {operators.is_, operators.is_not} or other != (None,):
                _refuse(self.expr)
            return super().operate(op, *other, **kwargs)

        def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> NoReturn:
            _refuse(self.expr)

    comparator_factory: Any = Comparator

    def __init__(
        self,
        type_: TypeEngine[_T] | type[TypeEngine[_T]],
        *,
        master_key: MasterKey | None = None,
        bound_as: str | None = None,
    ) -> None:
        super().__init__()
        self.plain: TypeEngine[Any] = _plain(type_)
        """The type of the values, as given."""
        self.master_key = master_key
        self.bound_as = bound_as
        # The cache's key is made of the attributes that are named as the arguments.
        self.type_ = (type(self.plain), repr(self.plain))
        _aes()
        if not callable(master_key) and master_key is not None:
            _checked_master(master_key)

    def __repr__(self) -> str:
        return f"Encrypted({self.plain!r})"

    def of_column(self, table: str, column: str) -> "Encrypted[_T]":
        """The type of one column of one log, whose values open there alone. ``bound_as``, where it is given, says where."""
        if self.bound_as is not None:
            return self
        return type(self)(self.plain, master_key=self.master_key, bound_as=f"{table}.{column}")

    @property
    def values(self) -> JSONValues:
        """Return how a value looks before it is encrypted."""
        return _values_of(stored(self.plain))

    @property
    def python_type(self) -> type[Any]:
        return self.plain.python_type

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None or isinstance(value, Sealed):
            return value
        raise InvalidValue(
            "a value of an encrypted field reached the database's driver as it is, and was not sent. Write it by a session "
            "or a repository of its model"
        )

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        opens = super().result_processor(dialect, coltype)
        return opens and _hidden_from_debug(opens)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        key, handed, rest = value.partition(SEPARATOR)
        if not handed:
            return Sealed(value)
        sealed, _, context = rest.partition(SEPARATOR)
        return self.opened(sealed, self.unwrapped(key, context))

    def sealed(self, value: Any, key: ContextKey, seq: int) -> Sealed:
        """The value as the event of that seq has it, encrypted."""
        text = json.dumps(self.values.write(value), ensure_ascii=False, separators=(",", ":"))
        return Sealed(f"{_FORMAT}{seq}:{_encrypted(key.key, text.encode(), self._place(key, seq))}")

    def opened(self, sealed: str, key: ContextKey, seq: int | None = None) -> Any:
        """The value, of the event of that seq where one is given. Raises OsirisError for one that belongs elsewhere."""
        text = self._text(sealed, key, seq)
        if text is None:
            raise OsirisError(
                f"A stored value of {self!r} does not open with its context's key: the value or the key was changed, or "
                "belongs to another stream, another event or another field. Restore both from one backup. If the model or "
                f'the field was renamed, say where it was written: Encrypted(…, bound_as="{self.bound_as}") with the '
                "former names."
            )
        return self.values.read(json.loads(text))

    def is_unbound(self, sealed: str) -> bool:
        """Whether the value is of the first format, which opens wherever its key does."""
        return sealed.startswith(UNBOUND)

    def _text(self, sealed: str, key: ContextKey, seq: int | None) -> bytes | None:
        if self.is_unbound(sealed):
            return _decrypted(key.key, sealed.removeprefix(UNBOUND)) if key.unbound else None
        written, _, content = sealed.removeprefix(_FORMAT).partition(":")
        if not sealed.startswith(_FORMAT) or not written.isdecimal() or seq not in {None, int(written)}:
            return None
        return _decrypted(key.key, content, self._place(key, int(written)))

    def _place(self, key: ContextKey, seq: int) -> bytes:
        """The associated data: no two places, and no two formats, have the same."""
        return json.dumps([_FORMAT, self.bound_as, key.context, seq]).encode()

    def new_key(self, context: str) -> str:
        """A new key of this context, as it is stored: wrapped and bound to the context, if there is a master key."""
        return self.wrapped(os.urandom(_BYTES_OF_KEY), context)

    def wrapped(self, key: bytes, context: str) -> str:
        """The key as it is stored."""
        master = self._master()
        if master is None:
            return _PLAIN_KEY + base64.b64encode(key).decode()
        return _WRAPPED_KEY + _encrypted(master, key, self._place_of_key(context))

    def _place_of_key(self, context: str) -> bytes:
        table = (self.bound_as or "").rpartition(".")[0]
        return json.dumps([_WRAPPED_KEY, table, context]).encode()

    def unwrapped(self, stored_key: str, context: str) -> ContextKey:
        """The key itself. Raises OsirisError where it is another context's, or the master key is missing or another one."""
        form, content = stored_key[:3], stored_key[3:]
        if form in {_PLAIN_KEY, _PLAIN_UNBOUND}:
            return ContextKey(base64.b64decode(content), context, unbound=form == _PLAIN_UNBOUND)
        master = self._master()
        if master is None:
            raise OsirisError(
                "A context's key is encrypted with a master key, and the model has none. Declare it: "
                f"{self!r} takes master_key=…."
            )
        unbound = form == _WRAPPED_UNBOUND
        key = _decrypted(master, content, None if unbound else self._place_of_key(context))
        if key is None:
            raise OsirisError(
                f"A context's key does not open with the master key of {self!r}: it was made with another one, or for "
                "another context. Give the master key of then, or restore the key from a backup. If the model was renamed, "
                f'say where its values were written: Encrypted(…, bound_as="{self.bound_as}") with the former names.'
            )
        return ContextKey(key, context, unbound)

    def _master(self) -> bytes | None:
        given = self.master_key() if callable(self.master_key) else self.master_key
        return None if given is None else _checked_master(given)


def _plain(type_: Any) -> TypeEngine[Any]:
    plain = to_instance(type_)
    if isinstance(plain, Encrypted | ARRAY | NullType) or not isinstance(plain, TypeEngine):
        raise DeclarationError(
            f"Encrypted({type_!r}): the type of the values was expected, such as Encrypted(String(200))."
        )
    return plain


def _checked_master(given: Any) -> bytes:
    if not isinstance(given, bytes) or len(given) != _BYTES_OF_KEY:
        found = f"{len(given)} bytes" if isinstance(given, bytes) else f"a {type(given).__name__}"
        raise DeclarationError(
            f"Encrypted(…, master_key=…): {_BYTES_OF_KEY} bytes were expected, or a function that returns them; found "
            f"{found}. Make one by secrets.token_bytes(32), once, and keep it apart from the database."
        )
    return given


def _refuse(expression: Any) -> NoReturn:
    raise FoldUnavailable(
        f"{expression} is encrypted: SQL can compare it with nothing but NULL, nor order or compute with it. Filter after "
        "loading, or keep what you search by in a field of its own, such as a keyed hash."
    )


@lru_cache(maxsize=1)
def _aes() -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise DeclarationError(
            "Encrypted(…) needs the package cryptography. Install it: pip install 'sqla_osiris[encrypted]'"
        ) from error
    return AESGCM


def _encrypted(key: bytes, plain: bytes, place: bytes) -> str:
    nonce = os.urandom(_BYTES_OF_NONCE)
    return base64.b64encode(nonce + _aes()(key).encrypt(nonce, plain, place)).decode()


def _decrypted(key: bytes, text: str, place: bytes | None = None) -> bytes | None:
    """Return the bytes; None where the key or the place is another one, or the text was changed."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  (an extra)

    try:
        held = base64.b64decode(text, validate=True)
        plain: bytes = _aes()(key).decrypt(held[:_BYTES_OF_NONCE], held[_BYTES_OF_NONCE:], place)
    except (InvalidTag, ValueError):
        return None
    return plain


# SQLAlchemy's own log prints, at DEBUG (echo="debug"), every row as it was read: without decrypted values.

_ENGINES: Final = "sqlalchemy.engine.Engine"
_MARK: Final = "osiris_hides"
_HIDDEN: Final = "(encrypted)"


def _hidden_from_debug(opens: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function that decrypts a column's values, marked: the log of rows shows none of them.

    Each engine's logger that there is by now gets a filter. An engine with a ``logging_name`` has one of its own.
    """
    setattr(opens, _MARK, True)
    for name in [_ENGINES, *logging.root.manager.loggerDict]:
        if name == _ENGINES or name.startswith(f"{_ENGINES}."):
            logger = logging.getLogger(name)
            if _FILTER not in logger.filters:
                logger.addFilter(_FILTER)
    return opens


class _RowFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno == logging.DEBUG and record.msg == "Row %r" and isinstance(record.args, tuple):
            record.args = tuple(_Shown(arg) if hasattr(arg, "row") else arg for arg in record.args)
        return True


class _Shown:
    """A row as the log may show it."""

    def __init__(self, shown: Any) -> None:
        self._shown = shown

    def __repr__(self) -> str:
        row = self._shown.row
        # SQLAlchemy tells in private alone which function made a value of a row.
        processors = getattr(getattr(row, "_parent", None), "_processors", None)
        if processors is None:
            return _HIDDEN
        hides = [getattr(processor, _MARK, False) for processor in processors]
        if not any(hides):
            return repr(self._shown)
        return repr(tuple(_HIDDEN if hidden else value for hidden, value in zip(hides, row, strict=True)))


_FILTER: Final = _RowFilter()
