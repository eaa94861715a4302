"""What writes: through a repository, on every store, and in sessions, on SQL."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import insert
from sqlalchemy.orm import Session

from sqla_osiris import ConcurrentAppend, NewEvent, repository
from tests.histories.outcomes import Undone
from tests.histories.record import Call, Place
from tests.histories.workers import COLD, HOT, Worker, places

__all__ = ["RepositoryWriter", "SessionWriter", "identity"]

_REPEATED = 60


def identity(mark: str) -> UUID:
    """The event_id of the event with this mark."""
    return uuid5(NAMESPACE_OID, mark)


class RepositoryWriter(Worker):
    def actions(self) -> list[Callable[[], object]]:
        often = [self.append] * 4 + [self.expect] * 3 + [self.repeat] * 3
        return [*often, self.batch, self.batch, self.batch_again, self.end, self.haunt]

    def append(self) -> Call:
        return self._append(self.context())

    def haunt(self) -> Call:
        """Append to what is being erased."""
        return self._append(self.grave())

    def _append(self, context: str) -> Call:
        mark = self.mark()
        return self.call(
            "append",
            lambda _: {"wrote": places([self.accounts.append(context, **self.fields(mark))])},
            context=context,
            together=[mark],
        )

    def expect(self) -> Call:
        context, mark = self.context(), self.mark()

        def act(call: Call) -> dict[str, Any]:
            state = self.accounts.state(context)
            call.expected[context] = seq = state.seq if state else 0
            event = self.accounts.append(context, expected_seq=seq, **self.fields(mark))
            return {"wrote": places([event])}

        return self.call("expect", act, context=context, together=[mark])

    def repeat(self) -> Call:
        """Append an event that other processes bring, too, now and later."""
        mark = f"repeated{self.dice.randrange(_REPEATED)}"
        context = self._home(mark)
        return self.call(
            "repeat",
            lambda _: {
                "wrote": places([self.accounts.append(context, event_id=identity(mark), **self.fields(mark))])
            },
            context=context,
            maybe=[mark],
        )

    @staticmethod
    def _home(mark: str) -> str:
        among = HOT + COLD[:5]
        return among[identity(mark).int % len(among)]

    def batch(self) -> Call:
        """Append many events, with times that fall, and break off some of them in the middle."""
        marks = [self.mark() for _ in range(self.dice.choice((2, 5, 30)))]
        new = [NewEvent(self.context(), self.fields(mark), recorded_at=self._moment()) for mark in marks]
        breaks = self.dice.random() < 0.25

        def events() -> Iterator[NewEvent]:
            yield from new
            if breaks:
                raise Undone

        def act(_: Call) -> dict[str, Any]:
            self.accounts.append_many(events())
            return {"wrote": _unplaced(new)}

        return self.call("batch", act, together=marks)

    def _moment(self) -> datetime | None:
        back = self.dice.choice((None, None, 1, 2, 5))
        return None if back is None else datetime.now(UTC) - timedelta(seconds=back * self.dice.random())

    def batch_again(self) -> None:
        """Append a batch whose events have ids, and then once more."""
        marks = [self.mark() for _ in range(self.dice.choice((2, 5)))]
        new = [NewEvent(self.context(), self.fields(mark), event_id=identity(mark)) for mark in marks]

        def act(_: Call) -> dict[str, Any]:
            return {"found": self.accounts.append_many(new), "wrote": _unplaced(new)}

        first = self.call("batch", act, together=marks)
        if not first.done:
            return

        def again(_: Call) -> dict[str, Any]:
            written = self.accounts.append_many(new)
            return {"found": written, "wrote": _unplaced(new)}

        self.call("batch_again", again, maybe=marks)

    def end(self) -> Call:
        context = self.dice.choice(COLD)

        def act(_: Call) -> dict[str, Any]:
            return {"found": self.accounts.append_many([NewEvent(context, {}, ends=True)])}

        return self.call("end", act, context=context)


def _unplaced(events: list[NewEvent]) -> list[Place]:
    return [Place(event.context, None, event.fields["mark"]) for event in events]


class SessionWriter(RepositoryWriter):
    """Writes as an application does: loads objects, changes them, and commits or does not."""

    def actions(self) -> list[Callable[[], object]]:
        often = [self.change] * 4 + [self.write_beside] * 3 + [self.insist] * 2
        return [*often, self.change_many, self.change_many, self.savepoint, self.delete, self.dawdle]

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session, rolled back where its commit failed: closing it leaves the transaction open on SQLite."""
        with Session(self.engine, expire_on_commit=False) as session:
            try:
                yield session
            except BaseException:
                session.rollback()
                raise

    def change(self) -> Call:
        """Add the object, or change what is there, by what was read."""
        context, mark = self.context(), self.mark()

        def act(call: Call) -> dict[str, Any]:
            with self.session() as session:
                account = session.get(self.schema.account, context)
                call.expected[context] = account.seq if account else 0
                account = self._changed(session, account, context, mark)
                session.commit()
                return {"wrote": [Place(context, account.seq, mark)]}

        return self.call("change", act, context=context, together=[mark], own=False)

    def _changed(self, session: Session, account: Any, context: str, mark: str) -> Any:
        if account is None:
            account = self.schema.account(id=context, mark=mark, total=1, bucket="a")
            session.add(account)
        else:
            account.mark, account.total = mark, account.total + 1
        return account

    def change_many(self) -> Call:
        """Change several objects in one flush."""
        contexts = self.dice.sample(HOT + COLD, 4)
        marks = {context: self.mark() for context in contexts}

        def act(call: Call) -> dict[str, Any]:
            with self.session() as session:
                changed = {}
                for context, mark in marks.items():
                    loaded = session.get(self.schema.account, context)
                    call.expected[context] = loaded.seq if loaded else 0
                    changed[context] = self._changed(session, loaded, context, mark)
                session.commit()
                return {"wrote": [Place(each, changed[each].seq, mark) for each, mark in marks.items()]}

        return self.call("change_many", act, together=list(marks.values()), own=False)

    def savepoint(self) -> Call:
        """Change an object, and another one inside a savepoint that is rolled back."""
        (first, second), (mark, undone) = self.dice.sample(HOT + COLD, 2), (self.mark(), self.mark())

        def act(_: Call) -> dict[str, Any]:
            with self.session() as session:
                accounts = repository(self.schema.account, session)
                written = [accounts.append(first, **self.fields(mark))]
                with session.begin_nested() as savepoint:
                    loaded = session.get(self.schema.account, second)
                    self._changed(session, loaded, second, undone)
                    session.flush()
                    savepoint.rollback()
                session.commit()
                return {"wrote": places(written)}

        return self.call("savepoint", act, together=[mark], undone=[undone], own=False)

    def delete(self) -> Call:
        context = self.dice.choice(COLD)

        def act(call: Call) -> dict[str, Any]:
            with self.session() as session:
                account = session.get(self.schema.account, context)
                if account is None:
                    return {}
                call.expected[context] = account.seq
                session.delete(account)
                session.commit()
                return {"wrote": [Place(context, account.seq + 1)]}

        return self.call("delete", act, context=context, own=False)

    def write_beside(self) -> Call:
        """Append in a session that writes a row of its own, too, first or last; commit or roll back."""
        context, mark, rolls_back = self.context(), self.mark(), self.dice.random() < 0.4
        row_first, event_id = self.dice.random() < 0.5, self.dice.choice((None, identity(mark)))

        def act(_: Call) -> dict[str, Any]:
            with self.session() as session:
                row = insert(self.schema.ledger).values(mark=mark)
                if row_first:
                    session.execute(row)
                accounts = repository(self.schema.account, session)
                event = accounts.append(context, event_id=event_id, **self.fields(mark))
                if not row_first:
                    session.execute(row)
                if rolls_back:
                    raise Undone
                session.commit()
                return {"wrote": places([event])}

        return self.call("write_beside", act, context=context, together=[mark], ledger=mark, own=False)

    def insist(self) -> Call:
        """Go on and commit in a session whose second append was refused: what was told before counts, or commit raises."""
        contexts, marks = self.dice.sample(HOT + COLD[:3], 2), [self.mark(), self.mark()]

        def act(_: Call) -> dict[str, Any]:
            with self.session() as session:
                accounts = repository(self.schema.account, session)
                written = [accounts.append(contexts[0], **self.fields(marks[0]))]
                with suppress(ConcurrentAppend):
                    written.append(accounts.append(contexts[1], **self.fields(marks[1])))
                session.commit()
                return {"wrote": places(written)}

        return self.call("insist", act, maybe=marks, own=False)

    def dawdle(self) -> Call:
        """Append, and let others wait: for the head, for the feed's horizon."""
        context, mark, seconds = self.context(), self.mark(), self.dice.uniform(0.05, 0.6)
        rolls_back = self.dice.random() < 0.3

        def act(_: Call) -> dict[str, Any]:
            with self.session() as session:
                event = repository(self.schema.account, session).append(context, **self.fields(mark))
                time.sleep(seconds)
                if rolls_back:
                    raise Undone
                session.commit()
                return {"wrote": places([event])}

        return self.call("dawdle", act, context=context, together=[mark], own=False)
