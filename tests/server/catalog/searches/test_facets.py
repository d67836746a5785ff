"""Which values of a facet are shown before all are asked for."""

import pytest
from kinto_buildhub.catalog.searches.facets import Choice, shorten_choices


@pytest.mark.parametrize(
    ("count", "chosen", "is_expanded", "shown"),
    [
        pytest.param(3, (), False, [0, 1, 2], id="few"),
        pytest.param(10, (), False, [*range(10)], id="hardly-more"),
        pytest.param(11, (), False, [*range(8)], id="many"),
        pytest.param(30, (2, 25), False, [*range(8), 25], id="a-chosen-one-is-never-hidden"),
        pytest.param(30, (25,), True, [*range(30)], id="asked-for"),
    ],
)
def test_the_first_and_the_chosen_values_are_shown(
    count: int, chosen: tuple[int, ...], is_expanded: bool, shown: list[int]
) -> None:
    choices = tuple(Choice(str(number), 1, number in chosen) for number in range(count))
    found = shorten_choices(choices, is_expanded=is_expanded)
    assert [int(choice.value) for choice in found.choices] == shown
    assert found.count == count
