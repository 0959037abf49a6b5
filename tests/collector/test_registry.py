"""States, districts and the sites under them, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError

from collector.engine import reading, writing
from collector.registry import Place, add_place, place, place_of, put_site, sites_under
from collector.tables import sites


def add_site(source: Engine, number: int) -> int:
    with writing(source) as connection:
        row = {
            "id": f"s{number}",
            "token_sha256": bytes([number]),
            "enrolled_at": 0,
            "facts": "{}",
            "contract": "{}",
        }
        return int(connection.execute(insert(sites).values(row).returning(sites.c.key)).scalar_one())


def test_sites_are_found_under_district_and_state(source: Engine) -> None:
    """A site in no district is in nobody's."""
    keys = [add_site(source, number) for number in range(4)]
    with writing(source) as connection:
        state = add_place(connection, "state", "27", "Minnesota")
        lakes = add_place(connection, "district", "0100006", "Lakes", state)
        plains = add_place(connection, "district", "0100007", "Plains", state)
        put_site(connection, keys[0], lakes)
        put_site(connection, keys[1], plains)
        put_site(connection, keys[2], plains)
    with reading(source) as connection:
        assert sites_under(connection, state) == keys[:3]
        assert sites_under(connection, plains) == keys[1:3]
        assert place_of(connection, keys[0]) == Place(lakes, "district", "0100006", "Lakes", state)
        assert place_of(connection, keys[3]) is None


def test_leading_zeros_are_part_of_an_id(source: Engine) -> None:
    with writing(source) as connection:
        add_place(connection, "district", "0100006", "Lakes")
        add_place(connection, "district", "100006", "Other")
    with reading(source) as connection:
        found = place(connection, "district", "0100006")
        assert found is not None
        assert found.name == "Lakes"
        assert place(connection, "state", "0100006") is None


def test_adding_a_place_again_renames_it(source: Engine) -> None:
    """An import may be repeated."""
    with writing(source) as connection:
        first = add_place(connection, "district", "7", "Lakes")
        assert add_place(connection, "district", "7", "Lakes United") == first
        found = place(connection, "district", "7")
    assert found is not None
    assert found.name == "Lakes United"


def test_a_block_that_raises_stores_nothing(source: Engine) -> None:
    with pytest.raises(RuntimeError), writing(source) as connection:  # noqa: PT012  # the block is what raises
        add_place(connection, "state", "27", "Minnesota")
        raise RuntimeError
    with reading(source) as connection:
        assert place(connection, "state", "27") is None


def test_no_site_stands_in_a_place_that_is_not_there(source: Engine) -> None:
    key = add_site(source, 1)
    with pytest.raises(IntegrityError), writing(source) as connection:
        put_site(connection, key, 99)
