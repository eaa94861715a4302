"""Eight writers at once begin streams, by flushes, appends and batches: each gets a key of its own, and seq 1."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from sqla_osiris import NewEvent, repository
from tests.keys.shop import Base, Customer, Note, Order, Secret, Ticket

WRITERS, WRITES = 8, 12


def write(engine, model, seed):
    chosen, begun = random.Random(seed), []
    streams = repository(model, engine)
    for number in range(WRITES):
        name = f"{seed} {number}"
        way = chosen.choice(["flush", "append", "append_many"])
        if way == "flush":
            with Session(engine) as session:
                new = [model(name=f"{name} {place}") for place in range(chosen.choice([1, 3]))]
                session.add_all(new)
                if model is Customer:
                    new[0].orders = [Order(title=new[0].name)]
                session.commit()
                begun += [(each.id, each.name, each.seq) for each in new]
        elif way == "append":
            event = streams.append(None, name=name)
            begun.append((event.context, name, event.seq))
        else:
            streams.append_many(NewEvent(None, {"name": f"{name} {place}"}) for place in range(3))
            begun += [(None, f"{name} {place}", 1) for place in range(3)]
    return begun


@pytest.mark.parametrize("model", [Customer, Ticket, Secret, Note], ids=lambda model: model.__name__)
def test_each_stream_has_a_key_of_its_own(database_url, model):
    patience = {"timeout": 60} if database_url.startswith("sqlite") else {}
    engine = create_engine(database_url, pool_size=WRITERS, connect_args=patience)
    Base.metadata.create_all(engine)
    with ThreadPoolExecutor(WRITERS) as pool:
        begun = [
            each
            for some in pool.map(lambda seed: write(engine, model, seed), range(WRITERS))
            for each in some
        ]

    states = {state.name: state for state in repository(model, engine).states()}
    assert len(states) == len(begun)
    assert len({state.id for state in states.values()}) == len(begun)
    for key, name, seq in begun:
        assert (states[name].seq, seq) == (1, 1)
        assert key in {None, states[name].id}
    for order in repository(Order, engine).states():
        assert states[order.title].id == order.customer_id
    assert repository(model, engine).verify()
    engine.dispose()
