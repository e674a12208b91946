"""Where bundles lie: folders, and those that come with the package."""

from pathlib import Path

import pytest

from roadstead.bundle.folder import SHIPPED, load, located, shipped
from roadstead.errors import BadBundle

MOST_MB = 15.0


def test_a_folder_is_itself_even_where_its_parent_is_called_shipped(tmp_path: Path) -> None:
    mine = tmp_path / "shipped" / "mine"
    mine.mkdir(parents=True)
    assert located(mine) == mine
    assert located(tmp_path / "other") == tmp_path / "other"


def test_a_name_that_does_not_come_with_the_package_is_refused_with_those_that_do() -> None:
    with pytest.raises(BadBundle, match="no such bundle comes with Roadstead; there are: "):
        load(Path("shipped/nothing"))


@pytest.mark.parametrize("name", shipped())
def test_what_ships_can_be_trusted_and_says_where_it_is_from(name: str) -> None:
    bundle = load(Path("shipped") / name)
    assert bundle.folder == SHIPPED / name
    assert bundle.card.licence
    assert bundle.card.trained_on
    assert bundle.card.metrics


def test_all_that_ships_is_small() -> None:
    size = sum(file.stat().st_size for file in SHIPPED.rglob("*") if file.is_file())
    assert size / 1e6 <= MOST_MB
