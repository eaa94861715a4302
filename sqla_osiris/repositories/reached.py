"""A position that a feed has not come to, on the stores that give positions themselves."""

from sqla_osiris.errors import OsirisError

__all__ = ["refuse_unreached"]


def refuse_unreached(model: str, after: int | None, newest: int) -> None:
    """Raise OsirisError where ``after`` is beyond the ``newest`` position that this feed has given."""
    if after is not None and after > newest:
        raise OsirisError(
            f"feed(after={after!r}): {model}'s feed has come to {newest} only: the position is another database's, "
            "or this one was restored from a backup that is older, or without what counts positions. What is appended "
            "now would be passed over. Read on from a position that it has, or from None."
        )
