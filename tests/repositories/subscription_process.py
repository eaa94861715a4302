"""A worker of a subscription that writes into the database and to its output: a process for test_subscription_kills."""

import sys
import time

from sqlalchemy import create_engine, insert

from sqla_osiris import SQLRepository, Subscription
from tests.repositories.models import InlineEmployee
from tests.repositories.test_subscriptions import HANDLED

if __name__ == "__main__":
    repository = SQLRepository(InlineEmployee, create_engine(sys.argv[1]))

    def handler(event, session):
        session.execute(insert(HANDLED).values(who=event.context, seq=event.seq))
        sys.stdout.write(f"{event.context} {event.seq}\n")
        sys.stdout.flush()
        time.sleep(0.001)

    Subscription(repository, "killed", handler, batch=4).run()
