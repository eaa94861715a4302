"""A process that races with others for the contexts of one log: run by test_mongo_races."""

import json
import sys

from pymongo import MongoClient

from sqla_osiris import ConcurrentAppend, MongoRepository, NewEvent
from tests.stores.models import Employee

EVENTS = 20


def race(employees: MongoRepository[Employee], contexts: list[str], kind: str) -> dict[str, int]:
    won = lost = 0
    for number in range(EVENTS):
        context = contexts[number % len(contexts)]
        if kind == "append":
            employees.append(context, overtime=1)
        elif kind == "append_many":
            employees.append_many(NewEvent(one, {"overtime": 1}) for one in (context, contexts[0], context))
        else:
            state = employees.state(context)
            try:
                employees.append(context, overtime=1, expected_seq=state.seq if state else 0)
            except ConcurrentAppend:
                lost += 1
                continue
        won += 1
    return {"won": won, "lost": lost}


if __name__ == "__main__":
    _, url, database, kind, *names = sys.argv
    with MongoClient(url) as client:
        json.dump(race(MongoRepository(Employee, client[database]), names, kind), sys.stdout)
