"""The variant of the example with a hosted adapter differs from it where it must, and nowhere else."""

from __future__ import annotations

from tests.repo.tree import ROOT

# What its own adapter needs, and what a hosted one needs instead.
DIFFER = {
    f"{name}.yml"
    for name in (
        "all/adapter",
        "all/connectivity",
        "all/cpa",
        "all/pkioverheid",
        "all/preflight",
        "dmz/monitoring",
    )
}


def _settings(organisation: str) -> dict[str, bytes]:
    folder = ROOT / "inventories" / organisation / "group_vars"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.yml"))}


def test_settings_that_both_have_are_the_same() -> None:
    example, variant = _settings("voorbeeldstad"), _settings("voorbeeldstad-extern")
    assert variant.keys() <= example.keys()
    assert {name for name, text in variant.items() if text != example[name]} == DIFFER
