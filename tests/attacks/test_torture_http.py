"""The bounded form of ``make torture`` for the server."""

from torture.http import torture


def test_good_clients_lose_nothing_among_hostile_ones():
    figures = torture(3, seed=20_260_313)
    assert (figures.lost, figures.torn) == (0, 0), figures.notes
    assert figures.rounds > 20
    assert figures.acknowledged > 50
