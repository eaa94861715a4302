"""``Encrypted``: the type of a field whose touches are stored encrypted, with a key of its context alone.

A stored value is a text: the format, and AES-256-GCM's nonce and ciphertext in base64. The key is not beside it: the query
that a model stands for hands it over in front of the value, and a row's value is decrypted as it is read.
"""

import base64
import json
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeVar

from sqlalchemy import Dialect, Text
from sqlalchemy.sql import operators
from sqlalchemy.types import ARRAY, NullType, TypeDecorator, TypeEngine, to_instance

from sqla_osiris.declarative.column_types import stored
from sqla_osiris.declarative.json_values import JSONValues, json_values
from sqla_osiris.errors import DeclarationError, FoldUnavailable, InvalidValue, OsirisError

__all__ = ["AFTER_KEY", "Encrypted", "Sealed"]

_T = TypeVar("_T")

AFTER_KEY: Final = "|"
"""Stands between a key and a value where a query hands both over."""

_FORMAT: Final = "e1:"
_PLAIN_KEY, _WRAPPED_KEY = "k1:", "w1:"
_BYTES_OF_KEY, _BYTES_OF_NONCE = 32, 12

MasterKey = bytes | Callable[[], bytes]


class Sealed(str):
    """A value as it is stored, encrypted. Nothing else of it is promised than that it can be stored again."""

    __slots__ = ()


class Encrypted(TypeDecorator[_T]):
    """A column type whose values are stored encrypted, with a key per context that ``erase`` deletes.

    ``type_`` is the values' type. ``master_key`` is 32 bytes, or a function that returns them: it encrypts the keys
    that the database holds. All of a model's encrypted fields have the same. SQL cannot compute with the values:
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
        self, type_: TypeEngine[_T] | type[TypeEngine[_T]], *, master_key: MasterKey | None = None
    ) -> None:
        super().__init__()
        self.plain: TypeEngine[Any] = _plain(type_)
        """The type of the values, as given."""
        self.master_key = master_key
        # The cache's key is made of the attributes that are named as the arguments.
        self.type_ = (type(self.plain), repr(self.plain))
        _aes()
        if not callable(master_key) and master_key is not None:
            _checked_master(master_key)

    def __repr__(self) -> str:
        return f"Encrypted({self.plain!r})"

    @property
    def values(self) -> JSONValues:
        """How a value looks before it is encrypted."""
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

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        key, handed, sealed = value.partition(AFTER_KEY)
        return self.opened(sealed, self.unwrapped(key)) if handed else Sealed(value)

    def sealed(self, value: Any, key: bytes) -> Sealed:
        """The value, encrypted."""
        said = json.dumps(self.values.write(value), ensure_ascii=False, separators=(",", ":"))
        return Sealed(_FORMAT + _encrypted(key, said.encode()))

    def opened(self, sealed: str, key: bytes) -> Any:
        """The value. Raises OsirisError where the key is not its own."""
        text = _decrypted(key, sealed.removeprefix(_FORMAT)) if sealed.startswith(_FORMAT) else None
        if text is None:
            raise OsirisError(
                f"A stored value of {self!r} does not open with its context's key: the value or the key was changed, or "
                "belongs to another stream. Restore both from one backup."
            )
        return self.values.read(json.loads(text))

    def new_key(self) -> str:
        """A new context's key, as it is stored: wrapped, if there is a master key."""
        key = os.urandom(_BYTES_OF_KEY)
        master = self._master()
        if master is None:
            return _PLAIN_KEY + base64.b64encode(key).decode()
        return _WRAPPED_KEY + _encrypted(master, key)

    def unwrapped(self, stored_key: str) -> bytes:
        """The key itself. Raises OsirisError where the master key is missing or another one."""
        if stored_key.startswith(_PLAIN_KEY):
            return base64.b64decode(stored_key.removeprefix(_PLAIN_KEY))
        master = self._master()
        if master is None:
            raise OsirisError(
                "A context's key is encrypted with a master key, and the model has none. Declare it: "
                f"{self!r} takes master_key=…."
            )
        key = _decrypted(master, stored_key.removeprefix(_WRAPPED_KEY))
        if key is None:
            raise OsirisError(
                f"A context's key does not open with the master key of {self!r}: it was made with another one. Give the "
                "master key of then."
            )
        return key

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


@lru_cache(maxsize=256)
def _values_of(plain: TypeEngine[Any]) -> JSONValues:
    return json_values(plain)


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


def _encrypted(key: bytes, plain: bytes) -> str:
    nonce = os.urandom(_BYTES_OF_NONCE)
    return base64.b64encode(nonce + _aes()(key).encrypt(nonce, plain, None)).decode()


def _decrypted(key: bytes, text: str) -> bytes | None:
    """None where the key is another one, or the text was changed."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  (an extra)

    try:
        held = base64.b64decode(text, validate=True)
        plain: bytes = _aes()(key).decrypt(held[:_BYTES_OF_NONCE], held[_BYTES_OF_NONCE:], None)
    except (InvalidTag, ValueError):
        return None
    return plain
