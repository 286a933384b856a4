"""What every store must keep when many threads write at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from model_registry.domain.chain import first_broken_link
from model_registry.domain.inventory import EVERYTHING
from model_registry.errors import ConcurrentUpdate, ModelAlreadyExists, RegistryError
from model_registry.ports import Store
from model_registry.testing.fakes import Draft

_Answer = TypeVar("_Answer")

THREADS = 8


def at_once(tasks: list[Callable[[], _Answer]]) -> list[_Answer | RegistryError]:
    """Run tasks in as many threads, started together; an error is an outcome too."""
    barrier = Barrier(len(tasks))

    def started(task: Callable[[], _Answer]) -> _Answer | RegistryError:
        barrier.wait()
        try:
            return task()
        except RegistryError as error:
            return error

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(started, tasks))


class ConcurrentStoreContract:
    """The part of ``StoreContract`` that runs in many threads."""

    def test_commits_of_many_threads_are_all_kept_in_one_chain(self, store: Store) -> None:
        def write(worker: int) -> int:
            draft = Draft()
            for number in range(5):
                store.commit("org_abc", [draft.insert(f"model-{worker}-{number}")])
            return worker

        outcomes = at_once([lambda worker=worker: write(worker) for worker in range(THREADS)])  # type: ignore[misc]  # mypy does not infer a lambda with a default

        assert outcomes == list(range(THREADS))
        with store.history("org_abc") as events:
            history = list(events)
        assert first_broken_link(history) is None
        assert len(history) == THREADS * 5
        assert store.page("org_abc", EVERYTHING, 200, 0).total == THREADS * 5
        assert store.head("org_abc").revision == THREADS * 5

    def test_of_many_threads_that_insert_one_model_id_one_wins(self, store: Store) -> None:
        outcomes = at_once(
            [lambda: store.commit("org_abc", [Draft().insert("gpt-4o")]) for _ in range(THREADS)]
        )

        refused = [outcome for outcome in outcomes if isinstance(outcome, ModelAlreadyExists)]
        assert len(refused) == THREADS - 1
        assert store.head("org_abc").sequence == 1

    def test_of_many_threads_that_replace_one_state_one_wins(self, store: Store) -> None:
        draft = Draft()
        insert = draft.insert("gpt-4o")
        store.commit("org_abc", [insert])
        decisions = [draft.replace(insert.entry, owner=f"team-{n}") for n in range(THREADS)]

        outcomes = at_once(
            [lambda change=change: store.commit("org_abc", [change]) for change in decisions]  # type: ignore[misc]  # mypy does not infer a lambda with a default
        )

        refused = [outcome for outcome in outcomes if isinstance(outcome, ConcurrentUpdate)]
        assert len(refused) == THREADS - 1
        winner = next(n for n, outcome in enumerate(outcomes) if isinstance(outcome, tuple))
        assert store.get("org_abc", insert.entry.id) == decisions[winner].after

    def test_readers_see_only_whole_commits(self, store: Store) -> None:
        def write() -> bool:
            draft = Draft()
            for number in range(10):
                store.commit("org_abc", [draft.insert(f"{number}-{part}") for part in range(3)])
            return True

        def read() -> bool:
            for _ in range(20):
                page = store.page("org_abc", EVERYTHING, 200, 0)
                assert page.total == len(page.entries)
                assert page.total % 3 == 0
                with store.scan("org_abc", EVERYTHING) as entries:
                    assert sum(1 for _ in entries) % 3 == 0
            return True

        assert at_once([write, read, read]) == [True, True, True]
