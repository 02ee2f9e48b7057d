"""Every wrong setting is named with its key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lopendezaken.ebms import config as module
from lopendezaken.ebms.config import load
from lopendezaken.errors import LzError

GOOD = """
[ebms]
listen = "192.0.2.10:8443"
[party]
oin = "00000099100000001000"
[tls]
certificate = "{0}/certificate.pem"
key = "{0}/key.pem"
anchors = "{0}/anchors.pem"
crls = "{0}/crl"
[rest]
listen = "127.0.0.1:8080"
credentials = "{0}/login"
[health]
listen = "127.0.0.1:8008"
[store]
path = "{0}/ebms.sqlite"
"""


@pytest.fixture
def text(tmp_path: Path) -> str:
    for name in ("key.pem", "login"):
        (tmp_path / name).touch(mode=0o640)
    return GOOD.format(tmp_path)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "engine.toml"
    path.write_text(text)
    return path


def test_defaults(tmp_path: Path, text: str) -> None:
    config = load(written(tmp_path, text))
    assert (str(config.ebms), config.path, config.proxy) == ("192.0.2.10:8443", "/ebms", None)
    assert (config.ping_timeout, config.body_limit) == (30, 20_971_520)
    assert config.tls.crls == tmp_path / "crl"


def test_the_rest(tmp_path: Path, text: str) -> None:
    more = text.replace('listen = "192.0.2.10:8443"', 'listen = "[::1]:443"\npath = "/msh"')
    more = more.replace(f'crls = "{tmp_path}/crl"', "crl_check = false")
    more += '[proxy]\nurl = "http://192.0.2.1:3128"\n[ping]\ntimeout = 1.5\n[limits]\nbody = 1000\n'
    config = load(written(tmp_path, more))
    assert (str(config.ebms), config.path, config.proxy) == ("[::1]:443", "/msh", "http://192.0.2.1:3128")
    assert (config.ping_timeout, config.body_limit, config.tls.crls) == (1.5, 1000, None)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('oin = "00000099100000001000"', "", r"\[party\] oin"),
        ('oin = "00000099100000001000"', "oin = 99100000001000", r"\[party\] oin.*a text"),
        ('"192.0.2.10:8443"', '"ebms.example:8443"', r"\[ebms\] listen.*address:port"),
        ('"192.0.2.10:8443"', '"192.0.2.10"', r"\[ebms\] listen"),
        ('"192.0.2.10:8443"', '"192.0.2.10:0"', r"\[ebms\] listen"),
        ('"127.0.0.1:8080"', '"0.0.0.0:8080"', r"\[rest\] listen.*loopback"),
        ("certificate = ", "certificat = ", r"\[tls\] certificate"),
        ("[store]", "[store]\nretention = 3", r"unknown setting.*|\[store\] retention"),
        ("[store]", "[stoer]\nx = 1\n[store]", r"\[stoer\] x"),
        ("[ebms]", "loose = 1\n[ebms]", "loose"),
        ("[ebms]", "[ebms", "malformed TOML"),
        ("[ebms]", '[ebms]\npath = "ebms"', r"\[ebms\] path"),
        ("[store]", '[proxy]\nurl = "https://192.0.2.1:3128"\n[store]', r"\[proxy\] url"),
        ("[store]", "[ping]\ntimeout = 0\n[store]", r"\[ping\] timeout"),
        ("[store]", "[limits]\nbody = true\n[store]", r"\[limits\] body"),
        ('path = "', 'path = "./', r"\[store\] path.*absolute"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, old: str, new: str, complaint: str) -> None:
    assert old in text
    with pytest.raises(LzError, match=complaint):
        load(written(tmp_path, text.replace(old, new)))


def test_no_crls_must_be_said_aloud(tmp_path: Path, text: str) -> None:
    with pytest.raises(LzError, match="crl_check = false"):
        load(written(tmp_path, text.replace(f'crls = "{tmp_path}/crl"', 'crls = ""')))


@pytest.mark.parametrize("name", ["key.pem", "login"])
def test_secrets_that_others_can_read_are_refused(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / name).chmod(0o644)
    with pytest.raises(LzError, match="chmod o="):
        load(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LzError, match=r"engine\.toml"):
        load(tmp_path / "engine.toml")


def documented() -> set[tuple[str, str]]:
    """Section and key of each setting in the table of docs/engine.md."""
    found, section = set(), ""
    text = (Path(__file__).resolve().parents[3] / "docs/engine.md").read_text(encoding="utf-8")
    for line in text.splitlines():
        row = re.match(r"\| (?:`\[(\w+)\]`)? ?\| ((?:`\w+`(?:, )?)+) \|", line)
        if row:
            section = row.group(1) or section
            found |= {(section, key) for key in re.findall(r"\w+", row.group(2))}
    return found


def test_the_document_has_every_setting(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, value = set(), module._Reader.value

    def recording(self: Any, section: str, key: str, *rest: Any) -> Any:
        asked.add((section, key))
        return value(self, section, key, *rest)

    monkeypatch.setattr(module._Reader, "value", recording)
    load(written(tmp_path, text + '[offloader]\nlisten = "127.0.0.1:8081"\naddresses = ["127.0.0.1"]\n'))
    assert asked == documented()
