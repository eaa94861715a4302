"""How many different people read a page? A reducer of one's own that forgets who they were: HyperLogLog.

``Distinct()`` counts exactly and keeps every visitor. This one keeps 1,024 small numbers, whatever the traffic, and errs
by 3 % or so. Two of them merge by taking the greater of each pair, which is associative, commutative and idempotent: so
snapshots, batches and streams folded apart give the very same count.

    python examples/unique_visitors.py                                       # SQLite, in memory
    python examples/unique_visitors.py postgresql+psycopg://host/database
"""

import math
import random
import sys
from hashlib import blake2b

from sqlalchemy import Integer, String, create_engine, select
from sqlalchemy.orm import Mapped, Session

from sqla_osiris import Aggregate, Context, Distinct, EventSourced, Inline, NewEvent, Reducer, repository

PLACES = 10
REGISTERS = 1 << PLACES


class HyperLogLog(Reducer):
    """Flajolet, Fusy, Gandouet and Meunier (2007). The accumulator is a register's greatest rank, one byte each."""

    commutative = True
    idempotent = True

    def identity(self) -> bytes:
        return bytes(REGISTERS)

    def lift(self, touch: str) -> bytes:
        hashed = int.from_bytes(blake2b(touch.encode(), digest_size=8).digest(), "big")
        register, rest = hashed % REGISTERS, hashed >> PLACES
        rank = 64 - PLACES - rest.bit_length() + 1  # one more than its leading zeros
        return bytes(register) + bytes([rank]) + bytes(REGISTERS - register - 1)

    def merge(self, left: bytes, right: bytes) -> bytes:
        return bytes(map(max, left, right))

    def present(self, accumulator: bytes) -> int:
        estimate = 0.7213 / (1 + 1.079 / REGISTERS) * REGISTERS**2 / sum(2.0**-rank for rank in accumulator)
        empty = accumulator.count(0)
        if empty and estimate <= 2.5 * REGISTERS:
            estimate = REGISTERS * math.log(REGISTERS / empty)
        return round(estimate)


class Page(EventSourced):
    # Python folds this reducer; Inline() stores what it presents, so that queries can compare and sort it.
    __snapshot__ = Inline()

    path: Mapped[str] = Context(String(80))
    visitors: Mapped[int] = Aggregate(String(40), reducer=HyperLogLog(), state_type=Integer, index=True)
    exactly: Mapped[int] = Aggregate(String(40), reducer=Distinct())


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    EventSourced.metadata.drop_all(engine)
    EventSourced.metadata.create_all(engine)
    pages = repository(Page, engine)

    chance = random.Random(7)  # noqa: S311  (visitors, not secrets)
    crowds = {"/": 3000, "/docs": 1200, "/blog": 300, "/imprint": 4}
    for path, crowd in crowds.items():
        visits = [f"visitor {chance.randrange(crowd)}" for _ in range(2 * crowd)]
        pages.append_many(NewEvent(path, {"visitors": who, "exactly": who}) for who in visits)
    pages.append("/imprint", visitors="a latecomer", exactly="a latecomer")

    with Session(engine) as session:
        popular = select(Page).where(Page.visitors > 100).order_by(Page.visitors.desc())
        found = session.scalars(popular).all()
        for page in found:
            print(
                f"{page.path:8} {page.visitors:6,} people or so, {page.exactly:,} exactly ({page.seq:,} visits)"
            )

        assert [page.path for page in found] == ["/", "/docs", "/blog"]
        for page in session.scalars(select(Page)):
            assert abs(page.visitors - page.exactly) <= 0.1 * page.exactly
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
