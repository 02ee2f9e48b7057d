from __future__ import annotations

from pathlib import Path

from lopendezaken.lab.apt_sources import Source, of_machine

KEY = "/usr/share/keyrings/archive.gpg"
STANZAS = f"""Types: deb deb-src
# a mirror near us
URIs: https://mirror.example/debian/
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: {KEY}

Types: deb
Enabled: no
URIs: http://old.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://else.example/node
Suites: nodistro
Components: main
"""
LINES = f"""# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by={KEY}] http://security.example/debian-security bookworm-security main # why
deb-src http://src.example/debian bookworm main
deb http://contrib.example/debian bookworm contrib
deb http://plain.example/debian bookworm non-free main
"""


def machine(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_reads_both_forms_and_only_the_release_itself(tmp_path: Path) -> None:
    folder = machine(
        tmp_path,
        {
            "sources.list": LINES,
            "sources.list.d/debian.sources": STANZAS,
            "sources.list.d/x.list.save": LINES,
        },
    )
    assert of_machine(folder) == [
        Source("http://security.example/debian-security", "bookworm-security", KEY),
        Source("http://plain.example/debian", "bookworm", ""),
        Source("https://mirror.example/debian", "bookworm", KEY),
        Source("https://mirror.example/debian", "bookworm-updates", KEY),
    ]


def test_a_source_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    folder = machine(tmp_path, {"sources.list": LINES, "sources.list.d/again.list": LINES})
    assert len(of_machine(folder)) == 2


def test_no_sources_at_all(tmp_path: Path) -> None:
    assert of_machine(tmp_path) == []


def test_hosts_speak_http_to_the_cache() -> None:
    source = Source("https://mirror.example/debian", "bookworm", KEY).through_cache()
    assert source.line() == f"deb [signed-by={KEY}] http://mirror.example/debian bookworm main"
