"""How a table that is there becomes one of heads, and is given back: its columns' types and NOT NULLs, and its CHECKs.

SQLite knows no statement for that, and MariaDB one that repeats the whole column. There the text that made the table is
taken apart, and all that is not changed stays as it was written.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = [
    "Definition",
    "Reshaping",
    "changed",
    "comparable",
    "only_living",
    "whoever_lives",
    "with_conditions",
]

_TOKEN: Final = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|\w+|\s+|.""", re.DOTALL
)
_AFTER_TYPE: Final = frozenset(
    {
        "CONSTRAINT",
        "PRIMARY",
        "NOT",
        "NULL",
        "UNIQUE",
        "CHECK",
        "DEFAULT",
        "COLLATE",
        "REFERENCES",
        "GENERATED",
    }
    | {"AS", "AUTO_INCREMENT", "CHARACTER", "CHARSET", "COMMENT", "INVISIBLE", "ON", "KEY"}
)
_NO_COLUMN: Final = frozenset(
    {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "KEY", "INDEX", "FULLTEXT", "SPATIAL", "PERIOD"}
)
_EXEMPT: Final = "osiris_folded != seq OR seq <= osiris_origin OR "
_EXEMPT_FOUND: Final = re.compile(
    r"""\s*[("`]*osiris_folded["`]?\s*(?:<>|!=)\s*["`]?seq["`]?\)?\s+or\s+"""
    r"""[("`]*seq["`]?\s*<=\s*["`]?osiris_origin["`]?\)?\s+or\s+(.*)""",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Reshaping:
    """What changes of a table: columns' types, which of them take NULL, and whom its CHECKs are about."""

    table: str
    schema: str | None
    types: Mapping[str, str]
    null: Sequence[str] = ()
    not_null: Sequence[str] = ()
    added_check: tuple[str, str] | None = None
    """The name and the condition of a CHECK that comes. The others hold of what lives from then on."""
    dropped_check: str | None = None
    """The name of a CHECK that goes. The others hold of every row from then on."""

    def condition(self, condition: str) -> str:
        """Return what becomes of a CHECK's condition."""
        return only_living(condition) if self.added_check else whoever_lives(condition)

    def column(self, name: str) -> tuple[str | None, bool | None]:
        """Return a column's new type and whether it takes NULL, each None where it stays."""
        takes_null = True if name in self.null else False if name in self.not_null else None
        return self.types.get(name), takes_null


def only_living(condition: str) -> str:
    """Return the condition for streams that live and are folded: as the constraints of a model have it."""
    return condition if _EXEMPT_FOUND.fullmatch(condition) else f"{_EXEMPT}({condition})"


def whoever_lives(condition: str) -> str:
    """Take :func:`only_living` back, from what a database made of it."""
    found = _EXEMPT_FOUND.fullmatch(_without_parentheses(condition))
    return condition if found is None else _without_parentheses(found[1])


_NEGATIVE: Final = re.compile(r"-\((\d+)\)")


def comparable(condition: str) -> tuple[bool, str]:
    """Return whether a condition is that of streams which live alone, and the rest, without parentheses around it."""
    # MySQL writes a negative number in either way, by whether a table was altered since.
    plain = _NEGATIVE.sub(r"-\1", _without_parentheses(condition))
    rest = whoever_lives(plain)
    return rest != plain, rest


def _without_parentheses(condition: str) -> str:
    tokens = list(_tokens(condition.strip()))
    around = [place for place, depth in _depths(tokens) if depth == 0]
    return (
        "".join(tokens[1:-1]) if tokens[:1] == ["("] and around == [0, len(tokens) - 1] else condition.strip()
    )


@dataclass
class Definition:
    """The text of a CREATE TABLE: what stands before, between and after the commas of its columns and constraints."""

    before: str
    items: list[str]
    after: str

    @classmethod
    def of(cls, text: str) -> "Definition":
        before, items, after, depth = "", [""], "", 0
        for word in _tokens(text):
            depth -= word == ")"
            if depth < 0 or after or (depth == 0 and word == ")"):
                after += word
            elif depth == 0:
                before += word
            elif depth == 1 and word == ",":
                items.append("")
            else:
                items[-1] += word
            depth += word == "("
        return cls(before, items, after)

    def __str__(self) -> str:
        return f"{self.before}{','.join(self.items)}{self.after}"

    def columns(self) -> Iterator[tuple[int, str]]:
        """Yield the place and the name of each column."""
        for place, item in enumerate(self.items):
            name = next((t for t in _tokens(item) if not _is_space(t)), "")
            if name[:1] in {'"', "`", "["}:
                yield place, name[1:-1].replace(name[-1] * 2, name[-1])
            elif name.upper() not in _NO_COLUMN:
                yield place, name


def changed(item: str, type_: str | None, *, takes_null: bool | None) -> str:
    """Return the text of a column with another type, or with NULL or NOT NULL; as it is where it says so."""
    tokens = list(_tokens(item))
    name = next(i for i, word in enumerate(tokens) if not _is_space(word))
    words = [i for i, depth in _depths(tokens) if depth == 0 and i > name and not _is_space(tokens[i])]
    first = next((i for i in words if tokens[i].upper() in _AFTER_TYPE), len(tokens))
    says = [tokens[i].upper() for i in words]
    if type_ is None and takes_null is not ("NOT NULL" in " ".join(says)):
        return item
    found = "".join(tokens[name + 1 : first]).strip()
    rest = "".join(tokens[first:] if takes_null is None else _without_nullability(tokens, words, first))
    null = {None: "", True: " NULL", False: " NOT NULL"}[takes_null]
    return f"{''.join(tokens[: name + 1])} {type_ or found}{null} {rest}".rstrip()


def with_conditions(item: str, change: Callable[[str], str]) -> str:
    """Return the text of a column or a constraint with other conditions of its CHECKs."""
    tokens = list(_tokens(item))
    depths = dict(_depths(tokens))
    text, at = "", 0
    while at < len(tokens):
        text += tokens[at]
        if tokens[at].upper() == "CHECK" and depths[at] == 0:
            start = tokens.index("(", at)
            end = next(i for i in range(start + 1, len(tokens)) if tokens[i] == ")" and depths[i] == 0)
            text += f" ({change(''.join(tokens[start + 1 : end]))})"
            at = end
        at += 1
    return text


def _without_nullability(tokens: list[str], words: list[int], first: int) -> list[str]:
    """Return the tokens from the first word after the type on, without NULL, NOT NULL and DEFAULT NULL."""
    gone: set[int] = set()
    after = [i for i in words if i >= first]
    for place, i in enumerate(after):
        before = tokens[after[place - 1]].upper() if place else ""
        if tokens[i].upper() != "NULL" or before == "SET":
            continue
        gone |= {i, after[place - 1]} if before in {"NOT", "DEFAULT"} else {i}
        start = place - (before == "NOT")
        if start >= 2 and tokens[after[start - 2]].upper() == "CONSTRAINT":
            gone |= {after[start - 2], after[start - 1]}
    return [word for i, word in enumerate(tokens) if i >= first and i not in gone]


def _tokens(text: str) -> Iterator[str]:
    return (found[0] for found in _TOKEN.finditer(text))


def _is_space(word: str) -> bool:
    return word.isspace() or word.startswith(("--", "/*"))


def _depths(tokens: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield each word's place, and how many parentheses are open around it; a parenthesis is outside of itself."""
    depth = 0
    for place, word in enumerate(tokens):
        depth -= word == ")"
        yield place, depth
        depth += word == "("
