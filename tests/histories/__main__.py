"""``python -m tests.histories STORE…``: run rounds on these stores (or ``all``), and print what they came to.

One line for each round, one for each violation with the folder of its record; ``--table`` prints the rows of
docs/reliability.md. Rounds take turns through isolation levels, snapshot policies, threads and faults. What runs is
bounded: a round has its own database and seed, and both are gone when it has held.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from tests.histories.accounts import POLICIES
from tests.histories.grounds import STORES, Servers
from tests.histories.plan import FAULTS, ISOLATIONS, Plan
from tests.histories.plants import PLANTS
from tests.histories.rounds import Counts, Outcome, run_round

_SHOWN = 5


def main() -> int:
    asked = _arguments()
    os.nice(asked.nice)
    stores = list(STORES) if asked.stores == ["all"] else asked.stores
    base = Path(asked.folder or tempfile.mkdtemp(prefix="osiris-histories-"))
    with Servers() as servers, ThreadPoolExecutor(asked.beside) as pool:
        for store in stores:
            _start(servers, store)
        totals = dict(
            zip(stores, pool.map(lambda store: _run(servers, store, base, asked), stores), strict=True)
        )
    if asked.table:
        _print_table(totals)
    return int(any(total.violations for total in totals.values()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.histories", description=__doc__)
    parser.add_argument(
        "stores", nargs="+", choices=[*STORES, "all"], metavar="STORE", help=", ".join(STORES)
    )
    parser.add_argument("--seconds", type=float, default=20, help="that a round's workers work (20)")
    parser.add_argument("--minutes", type=float, help="that each store takes: rounds until then (one round)")
    parser.add_argument("--seed", type=int, default=1, help="of the first round; each one has the next (1)")
    parser.add_argument(
        "--isolation", choices=sorted({each for some in ISOLATIONS.values() for each in some})
    )
    parser.add_argument("--policy", choices=sorted(POLICIES), help="of snapshots")
    parser.add_argument("--threads", type=int, help="that share a repository in each process")
    parser.add_argument("--faults", type=_faults, help=f"by commas, of {', '.join(FAULTS)}; '' is none")
    parser.add_argument(
        "--kinds", type=lambda text: frozenset(text.split(",")), help="of calls, by commas (all)"
    )
    parser.add_argument("--plant", choices=sorted(PLANTS), help="a fault in the library, which must be found")
    parser.add_argument("--beside", type=int, default=1, help="how many stores run at once (1)")
    parser.add_argument("--nice", type=int, default=0, help="how much others come first (0)")
    parser.add_argument("--folder", help="for the records (a new one)")
    parser.add_argument("--keep", action="store_true", help="keep the records of rounds that held, too")
    parser.add_argument("--errors", action="store_true", help="print what was raised, and how often")
    parser.add_argument("--table", action="store_true", help="print the totals as rows in Markdown")
    return parser.parse_args()


def _faults(text: str) -> frozenset[str]:
    named = frozenset(filter(None, text.split(",")))
    if not named <= set(FAULTS):
        raise argparse.ArgumentTypeError(f"each must be one of {', '.join(FAULTS)}")
    return named


def _start(servers: Servers, store: str) -> None:
    """Start its server now, from this thread: a signal then ends it."""
    if not store.startswith("sqlite"):
        servers.url({"mariadb-snapshot": "mariadb"}.get(store, store.replace("-", "_")))


def _run(servers: Servers, store: str, base: Path, asked: argparse.Namespace) -> Counts:
    total, until = Counts(), time.monotonic() + 60 * (asked.minutes or 0)
    for plan in _plans(store, base, asked):
        outcome = run_round(servers, plan, asked.seconds)
        total += outcome.counts
        _print_round(outcome, errors=asked.errors)
        if not (outcome.violations or asked.keep):
            shutil.rmtree(plan.folder)
        if time.monotonic() >= until:
            break
    return total


def _plans(store: str, base: Path, asked: argparse.Namespace) -> Iterator[Plan]:
    """One after the other, each with another combination."""
    for number in count():
        isolations = ISOLATIONS.get(store, [None])
        yield Plan(
            store=store,
            url="",
            folder=base / f"{store}-{asked.seed + number}",
            seed=asked.seed + number,
            isolation=asked.isolation or isolations[number % len(isolations)],
            policy=asked.policy or list(POLICIES)[number // 2 % len(POLICIES)],
            threads=asked.threads or (1, 3)[number % 2],
            faults=asked.faults if asked.faults is not None else _mixed(number),
            plant=asked.plant,
            kinds=asked.kinds,
        )


def _mixed(number: int) -> frozenset[str]:
    """All of them, but for every fourth round's none: what a fault makes ambiguous is certain there."""
    return frozenset() if number % 4 == 3 else frozenset(FAULTS)


def _print_round(outcome: Outcome, *, errors: bool) -> None:
    plan, counts = outcome.plan, outcome.counts
    how = [plan.isolation or "", plan.policy, f"{plan.threads} threads" if plan.threads > 1 else ""]
    line = (
        f"{plan.store} seed {plan.seed} ({', '.join(filter(None, [*how, *sorted(plan.faults)]))}): "
        f"{counts.events} events, {counts.acknowledged} acknowledged, {counts.raised} raised, {counts.others} others, "
        f"{counts.kills} kills, {counts.cut} cut, {counts.timeouts} timeouts, {counts.full} full, "
        f"{counts.violations or 'no'} violations"
    )
    lines = [line]
    if outcome.violations:
        lines.append(f"  --seed {plan.seed}, record: {plan.folder}")
    for promise, found in outcome.violations.items():
        lines.append(f"  {promise}: {len(found)}")
        lines += [f"    {each[:600]}" for each in found[:_SHOWN]]
    if errors:
        lines += [f"  {times} times {error}" for error, times in outcome.errors.most_common(20)]
    print("\n".join(lines), flush=True)


def _print_table(totals: dict[str, Counts]) -> None:
    names = [name for name in vars(Counts()) if name != "violations"]
    print(f"| store | {' | '.join(names)} | violations |")
    print(f"| --- | {' | '.join('---:' for _ in names)} | ---: |")
    for store, total in totals.items():
        print(
            f"| {store} | {' | '.join(f'{getattr(total, name):,}' for name in names)} | {total.violations} |"
        )


if __name__ == "__main__":
    sys.exit(main())
