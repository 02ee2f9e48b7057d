from __future__ import annotations

import ssl
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from lopendezaken.errors import LzError
from lopendezaken.lab.authority import CA_BITS, LEAF_BITS, Authority, Kind, Leaf
from lopendezaken.pki.certificate import read, read_chain
from tests.unit.conftest import OWN_HOST, OWN_OIN, PARTNER_HOST, PARTNER_OIN

PSS = padding.PSS(padding.MGF1(hashes.SHA512()), 64)


@pytest.fixture
def fresh(pki: Authority, tmp_path: Path) -> Authority:
    """A PKI of one's own, a copy of the shared one."""
    subprocess.run(["cp", "-a", f"{pki.path}/.", str(tmp_path / "pki")], check=True)
    return Authority(tmp_path / "pki", key_bits=2048)


def request(
    key: rsa.RSAPrivateKey,
    *,
    oin: str | None = OWN_OIN,
    organisation: str | None = "Gemeente Voorbeeldstad",
    names: tuple[str, ...] = (OWN_HOST,),
) -> bytes:
    attributes = [x509.NameAttribute(NameOID.COUNTRY_NAME, "NL")]
    if organisation:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    if oin:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, oin))
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
    return builder.sign(key, hashes.SHA512(), rsa_padding=PSS).public_bytes(Encoding.PEM)


@pytest.fixture(scope="session")
def own_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


# -- the folder -----------------------------------------------------------------------------------


def test_sizes_of_g4_unless_asked_otherwise(tmp_path: Path) -> None:
    assert (CA_BITS, LEAF_BITS) == (4096, 3072)
    assert Authority(tmp_path).leaf_bits == 3072


def test_layout_and_modes(pki: Authority) -> None:
    names = {str(path.relative_to(pki.path)) for path in pki.path.rglob("*") if path.is_file()}
    assert {"root.pem", "domain.pem", "tsp.pem", "chain.pem", "anchors.pem"} <= names
    assert {f"crl/{layer}.crl" for layer in ("root", "domain", "tsp")} <= names
    assert stat.S_IMODE((pki.path / "private").stat().st_mode) == 0o700
    keys = list((pki.path / "private").iterdir())
    assert len(keys) == 3
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert not [name for name in names if name.endswith(".key") and not name.startswith("private/")]


def test_init_again_changes_nothing(fresh: Authority) -> None:
    before = snapshot(fresh)
    assert fresh.init() is False
    assert snapshot(fresh) == before


@pytest.mark.parametrize(
    "lost", ["root.pem", "domain.pem", "private/tsp.key", "chain.pem", "crl/domain.crl", "crl"]
)
def test_init_mends_what_a_cut_off_left(fresh: Authority, lost: str) -> None:
    subprocess.run(["rm", "-r", str(fresh.path / lost)], check=True)
    fresh.init()
    leaf = fresh.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad")
    assert verified(fresh, leaf) == "OK"


def test_a_new_root_renews_what_is_below_it(fresh: Authority) -> None:
    before = snapshot(fresh)
    (fresh.path / "root.pem").unlink()
    fresh.init()
    after = snapshot(fresh)
    assert all(after[name] != before[name] for name in ("domain.pem", "tsp.pem", "chain.pem", "crl/tsp.crl"))


def test_half_written_files_are_not_taken_for_whole(fresh: Authority) -> None:
    (fresh.path / "tsp.pem").write_bytes((fresh.path / "tsp.pem").read_bytes()[:300])
    (fresh.path / "crl/root.crl").write_bytes(b"")
    assert fresh.init() is True
    assert verified(fresh, fresh.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad")) == "OK"


def test_without_init_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(LzError, match="lz lab pki init"):
        Authority(tmp_path / "none", key_bits=2048).leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad")


# -- the request ----------------------------------------------------------------------------------


def test_issue_plays_the_tsp(pki: Authority, own_key: rsa.RSAPrivateKey) -> None:
    leaf, tsp, domain = read_chain(pki.issue(request(own_key), oin=OWN_OIN))
    assert (leaf.oin, leaf.dns_names) == (OWN_OIN, (OWN_HOST,))
    assert leaf.organisation == "TRIAL Gemeente Voorbeeldstad"
    assert tsp.is_ca
    assert domain.is_ca
    certificate = x509.load_der_x509_certificate(leaf.der)
    assert certificate.public_key() == own_key.public_key()
    # PrintableString, as PKIO-001 wants it: tag 13 hex, 20 positions.
    assert b"\x13\x14" + OWN_OIN.encode() in leaf.der


def test_the_same_request_again_gives_the_same_certificate(
    pki: Authority, own_key: rsa.RSAPrivateKey
) -> None:
    assert pki.issue(request(own_key)) == pki.issue(request(own_key), oin=OWN_OIN)


def test_other_names_give_another_certificate(pki: Authority, own_key: rsa.RSAPrivateKey) -> None:
    other = read(pki.issue(request(own_key, names=("other.voorbeeldstad.example",))))
    assert other.sha256 != read(pki.issue(request(own_key))).sha256


def test_no_certificate_for_a_key_whose_certificate_was_revoked(fresh: Authority) -> None:
    key = rsa.generate_private_key(65537, 2048)
    fresh.revoke(fresh.issue(request(key)))
    with pytest.raises(LzError, match="PKIO-026"):
        fresh.issue(request(key))


def test_a_spoilt_certificate_is_never_given_again_as_good(fresh: Authority) -> None:
    key = rsa.generate_private_key(65537, 2048)
    bad = [
        read(fresh.issue(request(key), kind=k)) for k in (Kind.NO_CLIENT_AUTH, Kind.EXPIRED, Kind.OTHER_OIN)
    ]
    good = read(fresh.issue(request(key)))
    assert good.sha256 not in {leaf.sha256 for leaf in bad}
    assert good.for_client
    assert good.valid_at(datetime.now(UTC))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"oin": None}, "asks no OIN"),
        ({"oin": "12345678901234567890"}, "not a valid OIN"),
        ({"oin": PARTNER_OIN}, "OIN of another organisation"),
        ({"organisation": None}, "no O"),
        ({"names": ()}, "no host name"),
        ({"names": ("*.voorbeeldstad.example",)}, "refuses this host name"),
        ({"names": ("localhost",)}, "refuses this host name"),
    ],
)
def test_requests_that_are_refused(
    pki: Authority, own_key: rsa.RSAPrivateKey, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(LzError, match=message):
        pki.issue(request(own_key, **changes), oin=OWN_OIN)  # type: ignore[arg-type]


def test_a_short_key_is_refused(fresh: Authority) -> None:
    strict = Authority(fresh.path)
    with pytest.raises(LzError, match=r"PKIO-023.*RSA 2048.*3072"):
        strict.issue(request(rsa.generate_private_key(65537, 2048)))


def test_a_request_changed_on_the_way_is_refused(pki: Authority, own_key: rsa.RSAPrivateKey) -> None:
    der = x509.load_pem_x509_csr(request(own_key)).public_bytes(Encoding.DER)
    changed = x509.load_der_x509_csr(der.replace(OWN_OIN.encode(), PARTNER_OIN.encode()))
    with pytest.raises(LzError, match="changed on the way"):
        pki.issue(changed.public_bytes(Encoding.PEM))


def test_garbage_is_no_request(pki: Authority) -> None:
    with pytest.raises(LzError, match="not a certificate request"):
        pki.issue(b"garbage")


# -- CRLs -----------------------------------------------------------------------------------------


def test_crls_of_every_layer(pki: Authority) -> None:
    crls = {name: x509.load_der_x509_crl(der) for name, der in pki.crls().items()}
    assert sorted(crls) == ["domain.crl", "root.crl", "tsp.crl"]
    for name, crl in crls.items():
        issuer = x509.load_pem_x509_certificate((pki.path / f"{name[:-4]}.pem").read_bytes())
        key = issuer.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        assert crl.is_signature_valid(key)
        assert crl.signature_algorithm_oid.dotted_string == "1.2.840.113549.1.1.10"
        assert crl.next_update_utc is not None
        assert crl.next_update_utc - crl.last_update_utc <= timedelta(hours=48)
        assert crl.extensions.get_extension_for_class(x509.CRLNumber)


def test_crl_numbers_only_rise(fresh: Authority) -> None:
    numbers = []
    for _ in range(3):
        fresh.sign_crls()
        crl = x509.load_der_x509_crl(fresh.crls()["tsp.crl"])
        numbers.append(crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
    assert numbers == sorted(set(numbers))


def test_crls_past_half_their_life_are_signed_anew(fresh: Authority) -> None:
    fresh.sign_crls(hours=23)
    old = (fresh.path / "crl/tsp.crl").read_bytes()
    assert fresh.crls()["tsp.crl"] != old
    assert fresh.crls()["tsp.crl"] == fresh.crls()["tsp.crl"]


def test_no_crl_lives_over_48_hours(fresh: Authority) -> None:
    with pytest.raises(LzError, match="48 at most"):
        fresh.sign_crls(hours=49)


def test_revoke_knows_its_own(fresh: Authority, tmp_path: Path) -> None:
    other = fresh.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad", Kind.OTHER_ROOT)
    with pytest.raises(LzError, match="not issued by this test PKI"):
        fresh.revoke(other.certificate_pem)
    with pytest.raises(LzError, match="not a certificate"):
        fresh.revoke(b"garbage")


def test_a_revoked_tsp_stands_on_the_crl_of_the_domain(fresh: Authority) -> None:
    leaf = fresh.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad")
    fresh.revoke((fresh.path / "tsp.pem").read_bytes())
    assert "certificate revoked" in verified(fresh, leaf)


# -- a folder of one's own ------------------------------------------------------------------------


def test_leaf_into_keeps_a_good_one(fresh: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "partner"
    assert fresh.leaf_into(folder, PARTNER_OIN, [PARTNER_HOST], "MijnOverheid") is True
    first = (folder / "certificate.pem").read_bytes()
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert fresh.leaf_into(folder, PARTNER_OIN, [PARTNER_HOST], "MijnOverheid") is False
    assert (folder / "certificate.pem").read_bytes() == first


@pytest.mark.parametrize("change", ["revoked", "key lost", "other names", "other kind"])
def test_leaf_into_renews_what_does_not_hold(fresh: Authority, tmp_path: Path, change: str) -> None:
    folder = tmp_path / "partner"
    fresh.leaf_into(folder, PARTNER_OIN, [PARTNER_HOST], "MijnOverheid")
    first = (folder / "certificate.pem").read_bytes()
    names, kind = [PARTNER_HOST], Kind.GOOD
    if change == "revoked":
        fresh.revoke(first)
    elif change == "key lost":
        (folder / "key.pem").unlink()
    elif change == "other names":
        names = ["other.mijnoverheid.example"]
    else:
        kind = Kind.EXPIRED
    assert fresh.leaf_into(folder, PARTNER_OIN, names, "MijnOverheid", kind) is True
    assert (folder / "certificate.pem").read_bytes() != first


# -- what OpenSSL and TLS make of it --------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (Kind.GOOD, "OK"),
        (Kind.NO_OIN, "OK"),
        (Kind.OTHER_OIN, "OK"),
        (Kind.EXPIRED, "certificate has expired"),
        (Kind.REVOKED, "certificate revoked"),
        (Kind.OTHER_ROOT, "issuer certificate"),
        (Kind.NO_CLIENT_AUTH, "unsuitable certificate purpose"),
        (Kind.SELF_SIGNED, "self-signed certificate"),
    ],
)
def test_openssl_verify(pki: Authority, kind: Kind, answer: str) -> None:
    assert answer in verified(pki, pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad", kind))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_handshake_both_ways_with_crls(
    pki: Authority, own_leaf: Leaf, partner_leaf: Leaf, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    agreed, seen_by_server, seen_by_client = handshake(pki, own_leaf, partner_leaf, tmp_path, version)
    assert agreed == version.name.replace("_", ".")
    assert read(seen_by_server).oin == OWN_OIN
    assert read(seen_by_client).oin == PARTNER_OIN


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    "kind", [Kind.EXPIRED, Kind.REVOKED, Kind.OTHER_ROOT, Kind.NO_CLIENT_AUTH, Kind.SELF_SIGNED]
)
def test_a_bad_client_gets_no_further_than_the_handshake(
    pki: Authority, partner_leaf: Leaf, tmp_path: Path, kind: Kind, version: ssl.TLSVersion
) -> None:
    bad = pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad", kind)
    with pytest.raises(ssl.SSLError):
        handshake(pki, bad, partner_leaf, tmp_path, version)


@pytest.mark.parametrize("kind", [Kind.EXPIRED, Kind.REVOKED, Kind.OTHER_ROOT, Kind.SELF_SIGNED])
def test_a_bad_server_is_refused(pki: Authority, own_leaf: Leaf, tmp_path: Path, kind: Kind) -> None:
    bad = pki.leaf(PARTNER_OIN, [PARTNER_HOST], "MijnOverheid", kind)
    with pytest.raises(ssl.SSLError):
        handshake(pki, own_leaf, bad, tmp_path, ssl.TLSVersion.TLSv1_3)


def test_an_expired_crl_stops_everything(
    fresh: Authority, own_leaf: Leaf, partner_leaf: Leaf, tmp_path: Path
) -> None:
    fresh.sign_crls(hours=-1)
    with pytest.raises(ssl.SSLError, match="CRL has expired"):
        handshake(fresh, own_leaf, partner_leaf, tmp_path, ssl.TLSVersion.TLSv1_3)


def snapshot(authority: Authority) -> dict[str, bytes]:
    return {
        str(path.relative_to(authority.path)): path.read_bytes()
        for path in authority.path.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def trust(authority: Authority) -> bytes:
    """Root and CRLs in one PEM, read as they lie there."""
    crls = [
        x509.load_der_x509_crl(path.read_bytes()) for path in sorted((authority.path / "crl").glob("*.crl"))
    ]
    return authority.anchors_pem() + b"".join(crl.public_bytes(Encoding.PEM) for crl in crls)


def verified(authority: Authority, leaf: Leaf) -> str:
    """What ``openssl verify`` says of a client, with the CRLs of every layer."""
    folder = authority.path.parent / "verify"
    folder.mkdir(exist_ok=True)
    (folder / "trust.pem").write_bytes(trust(authority))
    (folder / "leaf.pem").write_bytes(leaf.certificate_pem)
    command = ["openssl", "verify", "-CAfile", "trust.pem", "-untrusted", "leaf.pem", "-crl_check_all"]
    run = subprocess.run(
        [*command, "-purpose", "sslclient", "leaf.pem"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    return "OK" if run.returncode == 0 else run.stderr


def context(authority: Authority, leaf: Leaf, folder: Path, name: str, protocol: int) -> ssl.SSLContext:
    (folder / f"{name}.pem").write_bytes(leaf.certificate_pem)
    (folder / f"{name}.key").write_bytes(leaf.key_pem)
    (folder / "trust.pem").write_bytes(trust(authority))
    made = ssl.SSLContext(protocol)
    made.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    made.load_verify_locations(folder / "trust.pem")
    made.verify_mode = ssl.CERT_REQUIRED
    made.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    return made


def handshake(
    authority: Authority, client: Leaf, server: Leaf, folder: Path, version: ssl.TLSVersion
) -> tuple[str | None, bytes, bytes]:
    """Two-way TLS in memory: version, what the server saw, what the client saw."""
    at_client = context(authority, client, folder, "client", ssl.PROTOCOL_TLS_CLIENT)
    at_server = context(authority, server, folder, "server", ssl.PROTOCOL_TLS_SERVER)
    for side in (at_client, at_server):
        side.minimum_version = side.maximum_version = version
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = at_client.wrap_bio(to_client, to_server, server_hostname=PARTNER_HOST)
    far = at_server.wrap_bio(to_server, to_client, server_side=True)
    waiting = [near, far]
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                pass
    return near.version(), far.getpeercert(True) or b"", near.getpeercert(True) or b""


def test_a_leaf_and_its_key_belong_together(own_leaf: Leaf) -> None:
    key = load_pem_private_key(own_leaf.key_pem, None)
    assert x509.load_pem_x509_certificate(own_leaf.certificate_pem).public_key() == key.public_key()
    assert b"PRIVATE" not in repr(own_leaf).encode()
