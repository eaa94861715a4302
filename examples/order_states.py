"""An order's life as a state machine, with transitions that are refused.

A fold cannot refuse: what is in the log has happened, and every store must fold it alike, in stretches that are merged
later. So the reducer gives every list of actions a meaning: its accumulator is the function from the state before to the
state after, its merge is composition, which is associative, and an action that a state does not know leaves it as it is.

Refusing is for whoever writes, before it is written:
- an assignment, ``order.status = "shipped"``, asks the reducer for the action that leads there, and there may be none;
- ``append`` carries the action itself; whoever must not be too late reads the state, and appends with its seq.

    python examples/order_states.py                                       # SQLite, in memory
    python examples/order_states.py postgresql+psycopg://host/database
"""

import sys
from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import String, create_engine, select
from sqlalchemy.orm import Mapped, Session

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    EventSourced,
    Inline,
    NotExpressible,
    Reducer,
    SQLRepository,
    repository,
)

Function = dict[str, str]  # from each state to the state that it becomes

TRANSITIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "new": {"pay": "paid", "cancel": "cancelled"},
        "paid": {"ship": "shipped", "refund": "cancelled"},
        "shipped": {"deliver": "delivered"},
        "delivered": {},
        "cancelled": {},
    }
)


class Transitions(Reducer):
    """A touch is an action; the state is where all of them lead from the first state."""

    def identity(self) -> Function:
        return {state: state for state in TRANSITIONS}

    def lift(self, touch: str) -> Function:
        return {state: actions.get(touch, state) for state, actions in TRANSITIONS.items()}

    def merge(self, left: Function, right: Function) -> Function:
        return {state: right[after] for state, after in left.items()}

    def present(self, accumulator: Function) -> str:
        return accumulator[next(iter(TRANSITIONS))]

    def touch_between(self, before: str, after: str) -> str:
        for action, state in TRANSITIONS[before].items():
            if state == after:
                return action
        known = ", ".join(TRANSITIONS[before].values()) or "nothing any more"
        raise NotExpressible(f"an order that is {before} cannot become {after!r}, but {known}")

    def fingerprint(self) -> str:
        # Stored states are good for these transitions alone; with others they are folded anew from the log.
        return f"Transitions {sorted((state, *sorted(to.items())) for state, to in TRANSITIONS.items())}"


class Order(EventSourced):
    __snapshot__ = Inline()

    number: Mapped[str] = Context(String(20))
    status: Mapped[str] = Aggregate(String(20), reducer=Transitions(), index=True)


def act(orders: SQLRepository[Order], number: str, action: str) -> None:
    """Append an action that the order's state knows. Raises ValueError, and ConcurrentAppend for a lost race."""
    order = orders.state(number)
    if order is None or action not in TRANSITIONS[order.status]:
        raise ValueError(f"order {number} is {order and order.status}: refused to {action}")
    orders.append(number, status=action, expected_seq=order.seq)


def refused(expected: type[Exception], call: object, *arguments: object) -> str:
    assert callable(call)
    try:
        call(*arguments)
    except expected as error:
        return str(error)
    raise AssertionError("it was not refused")


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    EventSourced.metadata.drop_all(engine)
    EventSourced.metadata.create_all(engine)
    orders = repository(Order, engine)

    with Session(engine) as session:
        session.add_all([Order(number="A1"), Order(number="A2")])
        session.commit()
        order = session.get_one(Order, "A1")
        order.status = "paid"
        session.commit()
        order.status = "delivered"
        print(refused(NotExpressible, session.commit))
        session.rollback()

    act(orders, "A1", "ship")
    print(refused(ValueError, act, orders, "A1", "cancel"))
    late = orders.state("A2")
    assert late is not None
    act(orders, "A2", "cancel")
    print(refused(ConcurrentAppend, lambda: orders.append("A2", status="pay", expected_seq=late.seq)))

    with Session(engine) as session:
        states = {order.number: order.status for order in session.scalars(select(Order))}
        shipped = session.scalars(select(Order.number).where(Order.status == "shipped")).all()
    print(states)
    assert states == {"A1": "shipped", "A2": "cancelled"}
    assert shipped == ["A1"]
    assert [event.fields for event in orders.history("A1")] == [{}, {"status": "pay"}, {"status": "ship"}]
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
