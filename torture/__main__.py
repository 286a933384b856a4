"""``python -m torture --minutes 10 --only sqlite``: brings faults about until the time is over."""

import argparse
import random
import sys
from importlib import import_module

PARTS = ("sqlite", "postgresql", "parquet", "http")


def main() -> int:
    parser = argparse.ArgumentParser(prog="torture", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.minutes} minutes a part", flush=True)
    harm = 0
    for part in asked.only or PARTS:
        figures = import_module(f"torture.{part}").torture(asked.minutes * 60, asked.seed)
        print(
            f"{figures.part}: {figures.rounds:,} rounds, {figures.acknowledged:,} writes "
            f"acknowledged, {figures.lost} lost, {figures.torn} torn",
            *figures.notes,
            sep="\n  ",
            flush=True,
        )
        harm += figures.lost + figures.torn
    return 1 if harm else 0


sys.exit(main())
