"""``Encrypted``: the type of a field whose touches are stored encrypted, with a key of its context alone.

A stored value is a text: the format, the seq of its event, and AES-256-GCM's nonce and ciphertext in base64. Its context,
its column, that seq and the format are authenticated with it (the "associated data" of RFC 5116): elsewhere it does not
open. The key is not beside it: the query that a model stands for hands it over in front of the value, the context behind
it, and a row's value is decrypted as it is read.
"""

import base64
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, NoReturn, TypeVar

from sqlalchemy import Dialect, Text
from sqlalchemy.sql import operators
from sqlalchemy.types import ARRAY, NullType, TypeDecorator, TypeEngine, to_instance

from sqla_osiris.errors import DeclarationError, FoldUnavailable, InvalidValue, OsirisError
from sqla_osiris.types.codec import JSONValues, json_values
from sqla_osiris.types.portable import stored
from sqla_osiris.types.row_logging import HIDDEN, hidden_from_debug

__all__ = [
    "SEPARATOR",
    "UNBOUND",
    "ContextKey",
    "Encrypted",
    "MasterKey",
    "Rewrapping",
    "Sealed",
    "Unsealed",
]

_T = TypeVar("_T")

SEPARATOR: Final = "|"
"""Stands between a key, a value and the text of their context where a query hands them over."""

UNBOUND: Final = "e1:"
"""The first format: nothing says where such a value belongs. It is read under a key of that time alone."""
_FORMAT: Final = "e2:"
_PLAIN_KEY, _WRAPPED_KEY = "k2:", "w2:"
_PLAIN_UNBOUND, _WRAPPED_UNBOUND = "k1:", "w1:"
_BYTES_OF_KEY, _BYTES_OF_NONCE, _BYTES_OF_TAG = 32, 12, 16

MasterKey = bytes | Sequence[bytes] | Callable[[], bytes | Sequence[bytes]]
"""32 bytes, or several of them: the first one wraps new keys, each of them unwraps. Or a function that returns them."""

_values_of = lru_cache(maxsize=256)(json_values)


class Sealed(str):
    """A value as it is stored, encrypted. Nothing else of it is promised than that it can be stored again."""

    __slots__ = ()


class ContextKey(NamedTuple):
    """A context's key, opened: ``context`` is its text, ``unbound`` whether values of the first format are under it."""

    key: bytes
    context: str
    unbound: bool


@dataclass(frozen=True, slots=True, repr=False)
class Unsealed:
    """A touch that cannot be encrypted before its event's seq is known. No driver takes it as it is."""

    type_: "Encrypted[Any]"
    text: str

    def __repr__(self) -> str:
        return HIDDEN

    @property
    def size(self) -> int:
        """The bytes of what is stored of it, or slightly more."""
        return (len(self.text.encode()) + _BYTES_OF_NONCE + _BYTES_OF_TAG + 2) * 4 // 3 + 32

    def sealed(self, key: ContextKey, seq: int) -> Sealed:
        """The touch as the event of that seq has it, encrypted."""
        return self.type_.sealed_text(self.text, key, seq)


class Encrypted(TypeDecorator[_T]):
    """A column type whose values are stored encrypted, with a key per context that ``erase`` deletes.

    ``type_`` is the values' type. ``master_key`` is 32 bytes, or a function that returns them: it encrypts the keys
    that the database holds; of several, the first one does, and keys that any other of them encrypted are read. All of a
    model's encrypted fields have the same. ``bound_as`` is where the values were
    written, as ``"table.column"``, for a model or a field that was renamed since. SQL cannot compute with the values:
    comparing them raises FoldUnavailable; ``is_(None)`` works.
    """

    impl: type[TypeEngine[Any]] | TypeEngine[Any] = stored(Text())
    cache_ok: bool | None = True

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
        self.master_key: MasterKey | tuple[bytes, ...] | None = (
            tuple(master_key) if isinstance(master_key, list) else master_key
        )
        self.bound_as = bound_as
        # The cache's key is made of the attributes that are named as the arguments.
        self.type_: Final = (type(self.plain), repr(self.plain))
        _aes()
        if not callable(master_key):
            _masters(master_key)

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
        return opens and hidden_from_debug(opens)

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
        return self.sealed_text(self._written(value), key, seq)

    def unsealed(self, value: Any) -> Unsealed:
        """The value before its event has a seq."""
        return Unsealed(self, self._written(value))

    def _written(self, value: Any) -> str:
        return json.dumps(self.values.write(value), ensure_ascii=False, separators=(",", ":"))

    def sealed_text(self, text: str, key: ContextKey, seq: int) -> Sealed:
        """The text of a value, encrypted for the event of that seq."""
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
        masters = _masters(self.master_key)
        if not masters:
            return _PLAIN_KEY + base64.b64encode(key).decode()
        return self.wrapped_by(masters[0], ContextKey(key, context, unbound=False))

    def wrapped_by(self, master: bytes, key: ContextKey) -> str:
        """The key as it is stored under that master key, of the format that it was of."""
        form = _WRAPPED_UNBOUND if key.unbound else _WRAPPED_KEY
        return form + _encrypted(master, key.key, self._place_of_key(form, key.context))

    def _place_of_key(self, form: str, context: str) -> bytes | None:
        if form == _WRAPPED_UNBOUND:
            return None
        table = (self.bound_as or "").rpartition(".")[0]
        return json.dumps([form, table, context]).encode()

    def unwrapped(self, stored_key: str, context: str) -> ContextKey:
        """The key itself. Raises OsirisError where it is another context's, or the master key is missing or another one."""
        masters = () if is_plain(stored_key) else _masters(self.master_key)
        if not masters and not is_plain(stored_key):
            raise OsirisError(
                "A context's key is encrypted with a master key, and the model has none. Declare it: "
                f"{self!r} takes master_key=…."
            )
        key = self.unwrapped_by(masters, stored_key, context)
        if key is None:
            raise self.other_master()
        return key

    def unwrapped_by(self, masters: Sequence[bytes], stored_key: str, context: str) -> ContextKey | None:
        """The key itself, if one of these master keys opens it; each opens one that is not wrapped."""
        form, content = stored_key[:3], stored_key[3:]
        unbound = form in {_PLAIN_UNBOUND, _WRAPPED_UNBOUND}
        if is_plain(stored_key):
            return ContextKey(base64.b64decode(content), context, unbound)
        place = self._place_of_key(form, context)
        found = (_decrypted(master, content, place) for master in masters)
        return next((ContextKey(key, context, unbound) for key in found if key is not None), None)

    def other_master(self) -> OsirisError:
        """The error of a key that none of the master keys opens."""
        return OsirisError(
            f"A context's key does not open with the master key of {self!r}: it was made with another one, or for "
            "another context. Give the master key of then, or restore the key from a backup. If the model was renamed, "
            f'say where its values were written: Encrypted(…, bound_as="{self.bound_as}") with the former names.'
        )


class Rewrapping:
    """An exchange of master keys: wraps a context's key by the ``new`` one that ``old`` had wrapped, or none."""

    def __init__(self, type_: Encrypted[Any], old: MasterKey | None, new: MasterKey) -> None:
        """Take the model's type. Raises OsirisError where the model does not wrap by the new one: nobody could read."""
        self._type, self._old, news = type_, _masters(old), _masters(new)
        if not news or news[:1] != _masters(type_.master_key)[:1]:
            raise OsirisError(
                f"rotate_master_key(): the new master key is not the first of {type_!r}, so keys that it wraps could not be "
                "read, and new ones would not be wrapped by it. Nothing was changed. Declare master_key=(new, old) in "
                "every process first, then rotate, then leave the old one out."
            )
        self._new = news[0]

    def wrapped(self, stored_key: str, context: str) -> str | None:
        """The key as it is to be stored; None where the new master key has wrapped it. Raises OsirisError."""
        if not is_plain(stored_key) and self._type.unwrapped_by([self._new], stored_key, context):
            return None
        key = self._type.unwrapped_by(self._old, stored_key, context)
        if key is None:
            raise self._type.other_master()
        return self._type.wrapped_by(self._new, key)


def is_plain(stored_key: str) -> bool:
    """Whether a key is stored without a master key."""
    return stored_key[:3] in {_PLAIN_KEY, _PLAIN_UNBOUND}


def _masters(given: MasterKey | None) -> tuple[bytes, ...]:
    """The master keys, checked; none where none is given."""
    found = given() if callable(given) else given
    if found is None:
        return ()
    several = found if isinstance(found, tuple | list) and found else (found,)
    return tuple(map(_checked_master, several))


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


def _encrypted(key: bytes, plain: bytes, place: bytes | None) -> str:
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
