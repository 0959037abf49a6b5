"""The interface's kind and state make a figure doubtful, each for a reason of its own."""

from pathlib import Path

import pytest

from agent.wan_facts import WanFacts, doubts, look

ETHERNET = {"ifindex": "2", "carrier_changes": "3", "duplex": "full", "type": "1"}


def interface(root: Path, files: dict[str, str], *folders: str) -> WanFacts:
    """A folder as the kernel shows it: the values are those of real machines."""
    folder = root / "eth0"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text + "\n")
    for name in folders:
        (folder / name).mkdir()
    return look("eth0", root)


def test_a_wired_full_duplex_port_makes_no_doubt(tmp_path: Path) -> None:
    facts = interface(tmp_path, ETHERNET)
    assert facts == WanFacts(index=2, carrier_changes=3)
    assert doubts(facts, facts, None) == []


@pytest.mark.parametrize(
    ("files", "folders", "flag"),
    [
        ({**ETHERNET, "duplex": "half"}, (), "half_duplex"),
        (ETHERNET, ("wireless", "phy80211"), "wifi"),
        ({**ETHERNET, "type": "65534"}, (), "tunnel"),
        ({**ETHERNET, "type": "65534", "tun_flags": "0x1002"}, (), "tunnel"),
        ({**ETHERNET, "type": "778"}, (), "tunnel"),
    ],
)
def test_each_kind_has_its_flag(
    tmp_path: Path, files: dict[str, str], folders: tuple[str, ...], flag: str
) -> None:
    facts = interface(tmp_path, files, *folders)
    assert doubts(facts, facts, "fibre") == [flag]


def test_a_radio_link_may_be_the_line_itself(tmp_path: Path) -> None:
    """A mobile line's modem is no Wi-Fi trouble."""
    facts = interface(tmp_path, ETHERNET, "wireless")
    assert doubts(facts, facts, "mobile") == []


def test_a_ppp_line_is_no_tunnel(tmp_path: Path) -> None:
    """PPPoE is how the line itself is spoken."""
    facts = interface(tmp_path, {**ETHERNET, "type": "512", "duplex": "unknown"})
    assert doubts(facts, facts, None) == []


def test_a_link_that_went_and_came_back_is_told_from_a_new_interface(tmp_path: Path) -> None:
    before = interface(tmp_path, ETHERNET)
    flapped = interface(tmp_path, {**ETHERNET, "carrier_changes": "5"})
    assert doubts(before, flapped, None) == ["link_flapped"]
    replaced = interface(tmp_path, {**ETHERNET, "ifindex": "7", "carrier_changes": "0"})
    assert doubts(before, replaced, None) == ["interface_changed"]


def test_what_the_kernel_does_not_tell_makes_no_doubt(tmp_path: Path) -> None:
    assert look(None, tmp_path) == look("eth9", tmp_path) == WanFacts()
    assert doubts(WanFacts(), WanFacts(), None) == []


def test_this_machines_own_loopback_is_read() -> None:
    """The real /sys."""
    assert look("lo").index == 1
