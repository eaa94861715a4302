"""What is wrong with the URL of a store. The URL itself stays out of every message, as it may hold a password."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from sqla_osiris.errors import OsirisError

__all__ = ["reading_url", "scheme_of"]

_EXTRAS = {
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "mongodb": "mongodb",
    "dynamodb": "dynamodb",
}


def scheme_of(url: str) -> str:
    """Return what stands before ``://``; an empty text where nothing does."""
    return url.partition("://")[0] if "://" in url else ""


@contextmanager
def reading_url(url: str) -> Iterator[None]:
    """Raise OsirisError where the URL means no store, or cannot be read; a missing driver names the extra to install."""
    scheme = scheme_of(url)
    try:
        yield
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(scheme.partition("+")[0])
        if extra is None:
            raise _unknown(scheme) from error
        raise OsirisError(
            f"The driver {error.name!r} of {scheme}:// is not installed: pip install 'sqla_osiris[{extra}]'."
        ) from error
    except NoSuchModuleError as error:
        raise _unknown(scheme) from error.with_traceback(None)
    except (ArgumentError, ValueError):
        # The driver's words and the URL stay out of the message: they may hold the password.
        raise (_unreadable(scheme) if scheme else _unknown(scheme)) from None


def _unknown(scheme: str) -> OsirisError:
    begins = f"that begins with {scheme[:20]!r}" if scheme else "without a scheme"
    return OsirisError(
        f"No store is known for a URL {begins}; use sqlite:///, postgresql+psycopg://, mysql+pymysql://, "
        "mariadb+pymysql://, mongodb://, dynamodb:// or memory://."
    )


def _unreadable(scheme: str) -> OsirisError:
    return OsirisError(
        f"The {scheme[:20]}:// URL cannot be read. Its form is dialect+driver://user:password@host:port/database, "
        "where user and password are percent-encoded."
    )
