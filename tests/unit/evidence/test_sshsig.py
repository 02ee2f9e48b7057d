"""Our own verifier of SSH signatures and ssh-keygen agree, both ways."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lopendezaken.errors import LzError
from lopendezaken.evidence import sshsig
from lopendezaken.evidence.sshsig import MalformedError, make_key, read, sign
from lopendezaken.evidence.trust import Trust, UntrustedError

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CONTENT = b"what was seen\n"
VERSION = range(6, 10)


@dataclass
class Signed:
    """A text with a signature, and who may sign."""

    folder: Path
    signature: bytes

    def ours(self, content: bytes, signature: bytes) -> bool:
        try:
            Trust(self.folder).signer(content, signature, ("lz-evidence",), NOON)
        except UntrustedError:
            return False
        return True

    def theirs(self, content: bytes, signature: bytes) -> bool:
        (self.folder / "sig").write_bytes(signature)
        (self.folder / "revoked").touch()
        command = [
            *(
                "ssh-keygen",
                "-Y",
                "verify",
                "-n",
                "lz-evidence",
                "-I",
                "jan",
                "-O",
                "verify-time=20261124120000Z",
            ),
            *(
                "-f",
                f"{self.folder}/allowed_signers",
                "-r",
                f"{self.folder}/revoked",
                "-s",
                f"{self.folder}/sig",
            ),
        ]
        return subprocess.run(command, input=content, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    folder = tmp_path_factory.mktemp("signed")
    public = make_key(folder / "jan", "jan")
    (folder / "allowed_signers").write_text(f'jan namespaces="lz-evidence" {public}\n')
    (folder / "text").write_bytes(CONTENT)
    return Signed(folder, sign(folder / "text", folder / "jan", "lz-evidence").read_bytes())


def test_both_accept(signed: Signed) -> None:
    assert signed.ours(CONTENT, signed.signature)
    assert signed.theirs(CONTENT, signed.signature)


def test_both_refuse_another_text(signed: Signed) -> None:
    assert not signed.ours(CONTENT + b".", signed.signature)
    assert not signed.theirs(CONTENT + b".", signed.signature)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
@example(place=9, bit=0)
def test_a_signature_with_one_bit_turned_is_accepted_by_neither(signed: Signed, place: int, bit: int) -> None:
    lines = signed.signature.splitlines()
    raw = bytearray(base64.b64decode(b"".join(lines[1:-1])))
    raw[place % len(raw)] ^= 1 << bit
    body = base64.b64encode(raw)
    turned = b"\n".join([lines[0], body, lines[-1], b""])
    assert not signed.ours(CONTENT, turned)
    # The number of the version is not signed, and ssh-keygen takes 0 for 1.
    if place % len(raw) not in VERSION:
        assert not signed.theirs(CONTENT, turned)


@given(st.binary(max_size=400))
def test_whatever_it_is_it_is_read_or_refused(data: bytes) -> None:
    for each in (
        data,
        b"-----BEGIN SSH SIGNATURE-----\n%b\n-----END SSH SIGNATURE-----" % base64.b64encode(data),
    ):
        with pytest.raises(MalformedError):
            read(each)


def test_a_key_of_another_kind_does_not_count(tmp_path: Path) -> None:
    key = tmp_path / "rsa"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(key)], check=True)
    (tmp_path / "text").write_bytes(CONTENT)
    with pytest.raises(LzError, match="no Ed25519 key, and no other counts"):
        sign(tmp_path / "text", key, "lz-evidence")
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "lz-evidence", "-f", str(key), str(tmp_path / "text")]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(MalformedError):
        read((tmp_path / "text.sig").read_bytes())


def test_a_fingerprint_is_that_of_ssh_keygen(signed: Signed) -> None:
    key = signed.folder / "jan.pub"
    told = subprocess.run(["ssh-keygen", "-l", "-f", str(key)], capture_output=True, text=True, check=True)
    assert sshsig.fingerprint(base64.b64decode(key.read_text().split()[1])) == told.stdout.split()[1]


# A key on a token ------------------------------------------------------------------------------------------------


def packed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def armoured(raw: bytes) -> bytes:
    body = base64.encodebytes(raw)
    return b"-----BEGIN SSH SIGNATURE-----\n" + body + b"-----END SSH SIGNATURE-----\n"


class Token:
    """Signs as a FIDO2 token does, without asking anybody to touch it."""

    def __init__(self, folder: Path) -> None:
        self.private = Ed25519PrivateKey.generate()
        public = self.private.public_key().public_bytes_raw()
        self.key = packed(sshsig.ED25519_SK, public, b"ssh:")
        line = f"{sshsig.ED25519_SK.decode()} {base64.b64encode(self.key).decode()}"
        (folder / "allowed_signers").write_text(f'jan namespaces="lz-evidence" {line}\n')
        self.signed = Signed(folder, b"")

    def sign(self, content: bytes, flags: int = 1) -> bytes:
        hashed = hashlib.sha512(content).digest()
        text = b"SSHSIG" + packed(b"lz-evidence", b"", b"sha512", hashed)
        token = bytes([flags]) + (7).to_bytes(4, "big")
        signed = hashlib.sha256(b"ssh:").digest() + token + hashlib.sha256(text).digest()
        value = packed(sshsig.ED25519_SK, self.private.sign(signed)) + token
        parts = packed(self.key, b"lz-evidence", b"", b"sha512", value)
        return armoured(b"SSHSIG" + (1).to_bytes(4, "big") + parts)


def test_both_accept_a_key_on_a_token(tmp_path: Path) -> None:
    token = Token(tmp_path)
    made = token.sign(CONTENT)
    assert token.signed.ours(CONTENT, made)
    assert token.signed.theirs(CONTENT, made)
    assert not token.signed.ours(CONTENT + b".", made)
    assert not token.signed.theirs(CONTENT + b".", made)


def test_a_token_that_nobody_touched_does_not_count(tmp_path: Path) -> None:
    token = Token(tmp_path)
    assert not token.signed.ours(CONTENT, token.sign(CONTENT, flags=0))


def test_what_a_token_adds_is_signed_too(tmp_path: Path) -> None:
    token = Token(tmp_path)
    raw = base64.b64decode(b"".join(token.sign(CONTENT).splitlines()[1:-1]))
    other = armoured(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert not token.signed.ours(CONTENT, other)
    assert not token.signed.theirs(CONTENT, other)


# Who may sign ---------------------------------------------------------------------------------------------------

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBGMKMSWPhBsRrCZdh4jZ8+VCkFLzCCXBEGnXQWtuOB2"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"jan {KEY}", "not a line of allowed_signers"),
        (f'* namespaces="lz-evidence" {KEY}', "a name stands for one signer"),
        (f'jan,*@x namespaces="lz-evidence" {KEY}', "a name stands for one signer"),
        (f'jan namespaces="lz-*" {KEY}', "what may it sign"),
        (f'jan namespaces="" {KEY}', "what may it sign"),
        (f'jan valid-after="20261101" {KEY}', "what may it sign"),
        (f'jan cert-authority,namespaces="lz-evidence" {KEY}', "not a line"),
        (f'jan namespaces="lz-evidence",valid-before="tomorrow" {KEY}', "not an instant"),
        (f'jan namespaces="lz-evidence",valid-before="20261301" {KEY}', "not an instant"),
        (f'jan namespaces="lz-evidence",other="x" {KEY}', "an option that does not count"),
        ('jan namespaces="lz-evidence" ssh-rsa AAAA', "not an Ed25519 key"),
        ('jan namespaces="lz-evidence" ssh-ed25519 %%%%', "not an Ed25519 key"),
        ('jan namespaces="lz-evidence"', "not a line"),
    ],
)
def test_a_line_that_could_let_in_more_than_meant_is_refused(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "allowed_signers").write_text(f"# who\n\n{line}\n")
    with pytest.raises(LzError, match=words) as caught:
        _ = Trust(tmp_path).keys
    assert str(caught.value).startswith(f"{tmp_path}/allowed_signers:3: ")
    assert caught.value.exit_code == 2


def test_a_revoked_key_that_cannot_be_read_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "revoked").write_text("ssh-ed25519\n")
    with pytest.raises(LzError, match="not an Ed25519 key"):
        _ = Trust(tmp_path).revoked


def test_days_are_those_of_utc_and_options_come_in_any_order(tmp_path: Path) -> None:
    options = 'valid-before="20261231",namespaces="lz-evidence,lz-record",valid-after="20261101120000Z"'
    (tmp_path / "allowed_signers").write_text(f"jan,j.jansen {options} {KEY} a comment\n")
    (key,) = Trust(tmp_path).keys
    assert (key.names, key.namespaces) == (("jan", "j.jansen"), ("lz-evidence", "lz-record"))
    assert key.after == datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert key.before == datetime(2026, 12, 31, tzinfo=UTC)


def test_the_readme_shows_a_line_that_counts(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "policies/trust/README.md").read_text()
    found = re.search(r"`(\S+ namespaces=.*) ssh-ed25519 AAAA…`", text)
    assert found
    (tmp_path / "allowed_signers").write_text(f"{found[1]} {KEY}\n")
    assert len(Trust(tmp_path).keys) == 1
