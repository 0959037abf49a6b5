"""What anybody may see: how many sites meet the target by district, never so few that one could be told."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from pathlib import Path

import requests

from collector.engine import writing
from collector.people import tree
from collector.registry import put_site
from reports.sites import Site
from tests.collector import made
from tests.collector.people.district import District, district, made_settings


def judged(place: District, name: str, count: int, mbps: float) -> None:
    """That many more sites of a district that deliver this much."""
    for number in range(count):
        site = dataclasses.replace(made.LINCOLN, id=f"{name[-1]}-{mbps:g}-{number}", name="Secret School")
        token = place.collector.enrol(Site(id=site.id, name=site.name))
        assert place.collector.post(token, made.body([made.week(down=mbps)], site)).ok
        known = place.collector.store.site(str(site.id))
        assert known is not None
        with writing(place.engine) as connection:
            (found,) = tree.named(connection, [name])
            put_site(connection, known.key, found.key)


def test_it_is_there_only_where_it_is_wanted(shared: District) -> None:
    assert requests.get(f"{shared.url}/public", timeout=30).status_code == 404


def test_it_counts_by_district_and_leaves_small_groups_out(tmp_path: Path) -> None:
    """To anybody, without a name of a site; and the same all day."""
    with district(tmp_path, made_settings(public={"enabled": True})) as place:
        assert "No school can be judged yet" in shown(place)
        place.collector.now += timedelta(hours=4)
        judged(place, "district:0100005", 11, 50.0)
        judged(place, "district:0100005", 12, 5000.0)
        judged(place, "district:0100006", 2, 50.0)
        assert "No school can be judged yet" in shown(place), "made once a day"
        place.collector.now = place.collector.now.replace(day=28, hour=1)
        page = shown(place)
        rows = re.findall(r'<th scope="row">(?:<bdi>)?(.*?)(?:</bdi>)?</th>(.*)</tr>', page)
        cells = {name: re.findall(r"<td[^>]*>(.*?)</td>", row) for name, row in rows}
        assert cells["Hills (0100006)"] == ["–", "–", "–"]
        assert "Secret" not in page
        assert "lincoln" not in page
        known = [cell for row in cells.values() for cell in row if cell != "–"]
        assert all(int(cell) >= 10 for cell in known)


def shown(place: District) -> str:
    answer = requests.get(f"{place.url}/public", timeout=30)
    assert answer.status_code == 200
    return answer.text
