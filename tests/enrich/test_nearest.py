"""The vectors that lie closest, out of many."""

from __future__ import annotations

import numpy as np

from backend.enrich.meaning import SIZE
from backend.enrich.nearest import FLOOR, Nearest, packed


def random_vectors(count: int, seed: int) -> np.ndarray:
    made = np.random.default_rng(seed).normal(size=(count, SIZE)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_a_packed_vector_points_where_it_did() -> None:
    vectors = random_vectors(200, 1)
    back = np.array([np.frombuffer(row, np.int8) for row in packed(vectors)], np.float32)
    back /= np.linalg.norm(back, axis=1, keepdims=True)
    angles = np.degrees(np.arccos(np.clip(np.sum(back * vectors, axis=1), -1, 1)))
    assert angles.max() < 1
    assert packed(np.zeros((1, SIZE), np.float32)) == [bytes(SIZE)]


def test_the_closest_are_found_in_whatever_pieces_they_came() -> None:
    wanted = random_vectors(1, 2)[0]
    # Each lies a little further from the wanted one than the one before it.
    noise = random_vectors(60, 3)
    shares = np.linspace(0.95, 0.05, 60)[:, None]
    made = shares * wanted + np.sqrt(1 - shares**2) * noise
    made = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    true = {n: float(made[n] @ wanted) for n in range(60)}
    rows = list(enumerate(packed(made)))
    held = Nearest()
    assert held.find(wanted, 5) == []
    order = np.random.default_rng(4).permutation(60)
    for at in range(0, 60, 7):
        held.add([rows[n] for n in order[at : at + 7]])
    held.add([])
    found = held.find(wanted, 8)
    assert [number for number, _ in found] == sorted(true, key=lambda n: -true[n])[:8]
    assert all(abs(close - true[number]) < 0.01 for number, close in found)
    everything = held.find(wanted, 1000)
    assert {number for number, _ in everything} == {n for n in true if true[n] >= FLOOR}
