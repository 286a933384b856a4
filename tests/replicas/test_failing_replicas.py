"""A replica that is gone, hangs, breaks or cannot be opened: reads go on, and nobody waits twice."""

import logging
from threading import Event
from time import monotonic, sleep

import pytest
from lagging import Standing, states

from model_registry import DamagedData, Registry, ReplicatedStore, StoreError, open_registry
from model_registry.domain.inventory import EVERYTHING
from model_registry.errors import UnknownScheme
from model_registry.testing.fakes import listed, told

TENANT = "org_abc"
STATES = states(3)


def total(store):
    return store.page(TENANT, EVERYTHING, 200, 0).total


def until(condition, seconds=5.0):
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "it never came true"
        sleep(0.002)


class Pair:
    """A primary and a replica that both stand at the last state, and what is wrong with each."""

    def __init__(self, **options):
        self.wrong = {}
        self.primary = Standing(STATES, at=3, step=lambda asked: self.meet("primary", asked))
        self.replica = Standing(STATES, at=3, step=lambda asked: self.meet("replica", asked))
        self.store = ReplicatedStore(
            self.primary, self.replica, **{"patience": 0.5, "rest": 0.05, **options}
        )

    def meet(self, name, asked):
        trouble = self.wrong.get((name, asked))
        if trouble is not None:
            trouble()

    def refuse(self, name, asked, error=StoreError):
        def trouble():
            raise error(f"The {name}'s {asked} fails")

        self.wrong[name, asked] = trouble


@pytest.fixture
def pair():
    made = Pair()
    with made.store:
        yield made


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "model_registry.replica")
    return lambda: [(record.levelname, record.getMessage()) for record in caplog.records]


@pytest.mark.parametrize("asked", ["head", "page"])
@pytest.mark.parametrize("error", [StoreError, DamagedData, OSError])
def test_where_it_fails_the_primary_is_asked_and_the_log_is_told_once(pair, lines, asked, error):
    pair.refuse("replica", asked, error)
    for _ in range(3):
        assert total(pair.store) == 3
        sleep(0.06)
    (line,) = lines()
    assert line[0] == "WARNING"
    assert line[1].startswith("The replica fails, and the primary is read instead: ")
    assert ("The replica's" in line[1]) is (error is not OSError)  # others' errors may quote values

    pair.wrong.clear()
    until(lambda: total(pair.store) and lines()[-1] == ("INFO", "The replica is read again"))
    assert pair.replica.asked[-3:] == ["head", "page", "head"]


def test_it_is_left_alone_for_some_time():
    pair = Pair(rest=60)
    pair.refuse("replica", "head")
    with pair.store:
        assert [total(pair.store) for _ in range(20)] == [3] * 20
        assert pair.replica.asked == ["head"]


def test_one_that_hangs_is_waited_for_once_and_for_so_long():
    pair, go_on = Pair(patience=0.2), Event()
    pair.wrong["replica", "head"] = go_on.wait
    with pair.store:
        began = monotonic()
        assert total(pair.store) == 3
        assert 0.2 <= monotonic() - began < 2
        sleep(0.06)
        began = monotonic()
        for _ in range(50):
            assert total(pair.store) == 3
        assert monotonic() - began < 2  # and not 50 times the patience
        assert pair.replica.asked == ["head"] * 2  # and one that finds out, which hangs as well
        go_on.set()
        until(lambda: total(pair.store) and pair.replica.asked[-2] == "page")


@pytest.mark.parametrize(("asked", "read"), [("scan", listed), ("history", told)])
def test_a_stream_that_fails_before_its_first_row_is_the_primarys(pair, asked, read):
    for trouble in (asked, "row"):
        pair.wrong.clear()
        until(lambda: read(pair.store) and pair.replica.asked[-2] == asked)
        pair.refuse("replica", trouble)
        assert len(read(pair.store)) == 3
        assert pair.primary.asked[-1] == asked


def test_a_stream_that_breaks_later_raises_and_the_next_one_is_the_primarys(pair, lines):
    with pair.store.scan(TENANT, EVERYTHING) as entries:
        next(entries)
        pair.refuse("replica", "row")
        with pytest.raises(StoreError, match="The replica's row fails"):
            list(entries)
    assert [level for level, _ in lines()] == ["WARNING"]
    assert len(listed(pair.store)) == 3


def test_without_its_primary_a_replica_is_not_read(pair):
    pair.refuse("primary", "head")
    with pytest.raises(StoreError, match="The primary's head"):
        total(pair.store)
    assert pair.replica.asked == []


def test_a_verification_tells_of_a_primary_whose_head_is_damaged(pair):
    pair.refuse("primary", "head", DamagedData)
    verdict = Registry(pair.store).tenant(TENANT).verify()
    assert "The primary's head fails" in str(verdict)
    assert pair.replica.asked == []


def test_one_that_cannot_be_opened_is_opened_later(lines):
    primary, replica, opened = Standing(STATES, at=3), Standing(STATES, at=3), []

    def opening():
        opened.append(None)
        if len(opened) < 3:
            raise StoreError("Nobody is there")
        return replica

    with ReplicatedStore(primary, opening, rest=0.02) as store:
        until(lambda: total(store) and replica.asked[-3:] == ["head", "page", "head"])
        assert [level for level, _ in lines()] == ["WARNING", "INFO"]
    assert len(opened) == 3
    assert replica.closed == 1


def test_one_whose_opening_outlasts_its_registry_is_closed():
    go_on, replica = Event(), Standing(STATES)

    def opening():
        go_on.wait()
        return replica

    store = ReplicatedStore(Standing(STATES), opening)
    store.close()
    go_on.set()
    until(lambda: replica.closed)
    assert replica.asked == []


def test_a_registry_is_opened_with_the_url_of_a_replica(tmp_path):
    url = f"sqlite:///{tmp_path}/registry.db"
    with open_registry(url, replica=url) as registry:
        assert registry.tenant(TENANT).list().total == 0
    with open_registry(url, replica="postgresql://127.0.0.1:1/nobody") as registry:
        assert registry.tenant(TENANT).list().total == 0
    with pytest.raises(UnknownScheme):
        open_registry(f"sqlite:///{tmp_path}/other.db", replica="nowhere://")
    assert not (tmp_path / "other.db").exists()


def test_numbers_that_make_no_sense_are_refused():
    for wrong in ({"patience": 0}, {"rest": -1}):
        with pytest.raises(ValueError, match="patience must be"):
            ReplicatedStore(Standing(STATES), Standing(STATES), **wrong)
