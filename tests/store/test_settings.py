from __future__ import annotations

from .making import Store


def test_preferences_are_kept_changed_and_set_back(store: Store) -> None:
    assert store.preferences.all() == {}
    store.preferences.set("bin.days", "7")
    store.preferences.set("bin.days", "9")
    store.preferences.set("merge", "off")
    assert store.preferences.all() == {"bin.days": "9", "merge": "off"}
    store.preferences.set("merge", None)
    assert store.preferences.all() == {"bin.days": "9"}
    assert store.names() == ["settings-changed"] * 4


def test_a_paused_queue_is_still_paused_after_a_restart(store: Store) -> None:
    assert not store.preferences.queue_paused()
    store.preferences.pause_queue(True)
    store.preferences.pause_queue(True)
    store.close()
    store.reopen()
    assert store.preferences.queue_paused()
    store.preferences.pause_queue(False)
    assert not store.preferences.queue_paused()
    assert [event.data["paused"] for event in store.told] == [True, True, False]
