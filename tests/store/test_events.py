from __future__ import annotations

import pytest

from backend.store import events as events_module

from .making import Store


def happen(store: Store, times: int) -> None:
    for _ in range(times):
        store.preferences.pause_queue(True)


def ids(store: Store, last: int) -> list[int | None] | None:
    found = store.events.since(last)
    return None if found is None else [event.id for event in found]


def test_a_page_that_was_away_gets_all_that_it_missed(store: Store) -> None:
    assert store.events.last() == 0 and ids(store, 0) == []
    happen(store, 4)
    assert ids(store, 0) == [1, 2, 3, 4]
    assert ids(store, 3) == [4]
    assert ids(store, 4) == []
    found = store.events.since(0)
    assert found == store.told  # what is read later is what was told at once


@pytest.mark.parametrize("unknown", [5, 10**9, -1])
def test_a_page_that_knows_of_events_this_library_never_had_starts_anew(
    store: Store, unknown: int
) -> None:
    happen(store, 4)
    assert ids(store, unknown) is None


def test_a_page_that_was_away_too_long_starts_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "KEPT", 3)
    happen(store, 8)
    store.events.prune()
    assert ids(store, 4) is None and ids(store, 0) is None
    assert ids(store, 5) == [6, 7, 8]
    happen(store, 1)
    assert store.events.last() == 9  # ids go on counting


def test_ids_are_never_given_twice_even_when_the_log_is_empty(store: Store) -> None:
    happen(store, 3)
    store.sql("DELETE FROM event")
    assert ids(store, 2) is None
    happen(store, 1)
    assert store.events.last() == 4


def test_a_gap_in_the_log_is_not_passed_over(store: Store) -> None:
    happen(store, 5)
    store.sql("DELETE FROM event WHERE id = 3")
    assert ids(store, 2) is None
    assert ids(store, 3) == [4, 5]
