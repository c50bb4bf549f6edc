from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.core.artifact import ArtifactKind, artifact_key

values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers(), max_size=3)
parameters = st.dictionaries(st.text(), values, max_size=4)


def test_keys_are_the_same_in_every_version_so_that_old_work_is_found() -> None:
    key = artifact_key(ArtifactKind.FILM, ["a-1", "b-2"], {"crf": 20, "name": "é"}, 1)
    assert key == "03fd5754650fe40c145cd23813a216c77262a274"


@given(st.sampled_from(ArtifactKind), st.lists(st.text(), max_size=4), parameters, st.integers())
def test_the_order_of_parameters_does_not_matter(
    kind: ArtifactKind, inputs: list[str], given_: dict[str, object], engine: int
) -> None:
    backwards = dict(reversed(list(given_.items())))
    assert artifact_key(kind, inputs, given_, engine) == artifact_key(
        kind, iter(inputs), backwards, engine
    )


work = st.tuples(
    st.sampled_from(ArtifactKind),
    st.lists(st.text(max_size=2), max_size=3),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 2) | st.text(max_size=1)),
    st.integers(1, 3),
)


@given(work, work)
def test_other_work_has_another_key(
    one: tuple[ArtifactKind, list[str], dict[str, object], int],
    other: tuple[ArtifactKind, list[str], dict[str, object], int],
) -> None:
    assert (artifact_key(*one) == artifact_key(*other)) == (one == other)
