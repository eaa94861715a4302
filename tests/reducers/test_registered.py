"""``register_sql``: a user's reducer folded by the databases, with the results of its fold in Python."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    String,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from sqla_osiris import (
    Aggregate,
    Context,
    DeclarationError,
    EventSourced,
    Every,
    FoldUnavailable,
    Inline,
    Last,
    MemoryRepository,
    Never,
    NewEvent,
    Reducer,
    SQLForm,
    SQLRepository,
    Sum,
    register_sql,
)


class Product(Reducer):
    """The product of all touches, told as a text."""

    commutative = True

    def identity(self) -> int:
        return 1

    def lift(self, touch: int) -> int:
        return touch

    def merge(self, left: int, right: int) -> int:
        return left * right

    def present(self, accumulator: int) -> str:
        return f"x{accumulator}"


class ProductInSQL(SQLForm):
    """For touches that are 1, 2 and -1: how many there are of each tells the product."""

    @property
    def accumulator_type(self) -> BigInteger:
        return BigInteger()

    @property
    def state_type(self) -> String:
        return String()

    def merge(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
        return left * right

    def fold(self, touches: ColumnElement[Any], seq: ColumnElement[Any]) -> ColumnElement[Any]:
        twos = cast(func.sum(case((touches == 2, 1), else_=0)), Integer)
        negative = func.sum(case((touches == -1, 1), else_=0)) % 2 == 1
        power = literal_column("1", BigInteger).op("<<")(twos)
        return case((negative, -power), else_=power)

    def present(self, accumulator: ColumnElement[Any]) -> ColumnElement[Any]:
        return literal("x").concat(cast(accumulator, String))


register_sql(Product)(ProductInSQL)


class OnSQLite(Product):
    """Has a form on SQLite alone."""

    def merge(self, left: int, right: int) -> int:
        return right * left


@register_sql(OnSQLite, dialect="sqlite")
class OnSQLiteInSQL(ProductInSQL):
    pass


class Latest(Reducer):
    """The last touch; folds by the order of seq."""

    def identity(self) -> None:
        return None

    def lift(self, touch: int) -> list[int]:
        return [touch]

    def merge(self, left: Any, right: Any) -> Any:
        return right or left

    def present(self, accumulator: Any) -> int | None:
        return accumulator[0] if accumulator else None


@register_sql(Latest)
class LatestInSQL(SQLForm):
    """The touches are below 10: the one of the greatest seq is the last digit of the greatest of both."""

    @property
    def accumulator_type(self) -> BigInteger:
        return BigInteger()

    def merge(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
        return right

    def fold(self, touches: ColumnElement[Any], seq: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.max(seq * 10 + touches) % 10


def declare(policy: Any) -> Any:
    name = f"Registered{type(policy).__name__}"
    fields = {
        "product": Aggregate(Integer, reducer=Product()),
        "half": Aggregate(Integer, reducer=OnSQLite()),
        "last": Aggregate(Integer, reducer=Latest()),
        "total": Aggregate(Integer),
    }
    return type(name, (EventSourced,), {"__snapshot__": policy, "id": Context(String(40)), **fields})


MODELS = [declare(policy) for policy in (Inline(), Every(2), Never())]
FACTORS = st.sampled_from([1, 2, -1])
TOUCHES = st.fixed_dictionaries(
    {}, optional={"product": FACTORS, "half": FACTORS, "last": st.integers(0, 9), "total": st.integers(0, 9)}
)
every_policy = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


@every_policy
@settings(max_examples=settings.default.max_examples // 5)
@given(events=st.lists(TOUCHES, min_size=1, max_size=8), cut=st.integers(0, 8))
def test_a_registered_form_gives_the_results_of_python(create, model, events, cut):
    database, memory = SQLRepository(model, create(model)), MemoryRepository(model)
    context = uuid4().hex
    for repository in (database, memory):
        for touches in events[:cut]:
            repository.append(context, **touches)
        repository.append_many([NewEvent(context, touches) for touches in events[cut:]])

    expected, found = memory.state(context), database.state(context)

    assert [getattr(found, name) for name in ("seq", "product", "half", "last", "total")] == [
        getattr(expected, name) for name in ("seq", "product", "half", "last", "total")
    ]


@every_policy
def test_a_registered_form_can_be_queried(create, model):
    engine = create(model)
    repository = SQLRepository(model, engine)
    for who, factors in {"ann": [2, 2], "bob": [2, -1], "cid": []}.items():
        repository.append(who)
        for factor in factors:
            repository.append(who, product=factor, last=factor % 10)

    with Session(engine) as session:
        found = session.scalars(
            select(model.id).where(model.product.in_(["x4", "x1"])).order_by(model.id)
        ).all()
        last = session.scalars(select(model.id).where(model.last == 9)).all()

    assert (found, last) == (["ann", "cid"], ["bob"])


@pytest.mark.parametrize("model", MODELS[1:], ids=lambda model: model.__name__)
def test_where_a_database_has_no_form_its_fold_is_unavailable_to_where(create, model):
    engine = create(model)
    SQLRepository(model, engine).append("bob", half=2)
    query = select(model.id).where(model.half == "x2")

    with Session(engine) as session:
        if engine.dialect.name == "sqlite":
            assert session.scalars(query).all() == ["bob"]
        else:
            with pytest.raises(FoldUnavailable, match="half"):
                session.scalars(query).all()


def test_with_inline_a_state_can_be_queried_with_a_form_or_without(create):
    engine = create(MODELS[0])
    SQLRepository(MODELS[0], engine).append("bob", half=2)

    with Session(engine) as session:
        assert session.scalars(select(MODELS[0].id).where(MODELS[0].half == "x2")).all() == ["bob"]


class Alone(EventSourced):
    __tablename__ = "registered_alone"
    id = Context(String(40))
    product = Aggregate(Integer, reducer=Product())


def test_inline_merges_a_form_for_every_database_in_the_statement_that_writes():
    assert "osiris_state_product" not in Alone.Snapshot.__table__.c
    assert isinstance(Alone.Snapshot.__table__.c.product.type, BigInteger)


def test_a_form_that_comes_after_its_first_model_is_refused():
    with pytest.raises(DeclarationError, match=r"too late.*Registered.*product"):
        register_sql(Product, dialect="sqlite")


def test_an_unknown_dialect_is_refused():
    class Fresh(Product):
        pass

    with pytest.raises(DeclarationError, match=r"oracle.*sqlite, postgresql, mysql, mariadb"):
        register_sql(Fresh, dialect="oracle")


def test_a_reducer_that_takes_none_has_no_form():
    class Nullable(Last):
        pass

    with pytest.raises(DeclarationError, match="takes None"):
        register_sql(Nullable)


class Doubled(Sum):
    """Folds otherwise than its base, so that its base's SQL would be wrong."""

    def lift(self, touch: int) -> int:
        return 2 * touch


class Tagged(Sum):
    """Folds as its base does."""


class Inherits(EventSourced):
    __tablename__ = "registered_inherits"
    id = Context(String(40))
    doubled = Aggregate(Integer, reducer=Doubled())
    tagged = Aggregate(Integer, reducer=Tagged())


def test_a_subclass_that_folds_otherwise_does_not_take_its_bases_form(create):
    repository = SQLRepository(Inherits, create(Inherits))
    repository.append("bob", doubled=2, tagged=2)
    repository.append("bob", doubled=3, tagged=3)

    state = repository.state("bob")
    assert (state.doubled, state.tagged) == (10, 5)
    assert isinstance(Inherits.Snapshot.__table__.c.tagged.type, BigInteger)
