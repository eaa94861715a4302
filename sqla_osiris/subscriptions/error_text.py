"""What a subscription keeps of a handler's error: a text that every store takes, whatever the error says of itself."""

from typing import Final

__all__ = ["error_text", "shortened"]

_LONGEST: Final = 1000
"""Characters: what makes an error's message long, as an IntegrityError's, is the statement at its end."""
_CUT: Final = " …"


def error_text(error: BaseException | None, *, secret: bool) -> str:
    """Return the error's type and its message, cut to 1,000 characters; ``secret``: its type alone.

    A NUL and half of a surrogate pair, which stores refuse, are written as their escapes.
    """
    kind = type(error).__name__
    if secret:
        return f"{kind} (what it says is not kept: the model has encrypted fields)"
    try:
        message = str(error)[: _LONGEST + 1]
    except Exception as failure:  # noqa: BLE001  (an error that cannot say anything is an error nevertheless)
        message = f"(what it says cannot be read: its str() raised {type(failure).__name__})"
    text = f"{kind}: {message}".encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    return shortened(text, _LONGEST)


def shortened(text: str, longest: int) -> str:
    """Return the text, cut to so many characters, with a mark where it was."""
    return text if len(text) <= longest else text[: max(longest - len(_CUT), 0)] + _CUT
