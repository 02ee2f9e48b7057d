"""What a probe sees of real endpoints on loopback, TLS 1.3's late refusal included."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible.module_utils.probe import Target, look

from lopendezaken.lab.authority import Authority, Kind, Leaf
from tests.unit.conftest import OWN_HOST, OWN_OIN, PARTNER_OIN
from tests.unit.plugins.conftest import Run


def files(folder: Path, leaf: Leaf) -> tuple[str, str]:
    folder.mkdir()
    (folder / "certificate.pem").write_bytes(leaf.certificate_pem)
    (folder / "key.pem").write_bytes(leaf.key_pem)
    return str(folder / "certificate.pem"), str(folder / "key.pem")


@contextmanager
def answering(serve: object) -> Iterator[int]:
    """Serve every connection on a free port of loopback."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    done = threading.Event()

    def loop() -> None:
        while not done.is_set():
            try:
                stream = listener.accept()[0]
            except TimeoutError:
                continue
            try:
                serve(stream)  # type: ignore[operator]
            except OSError:
                pass
            finally:
                stream.close()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        done.set()
        thread.join()
        listener.close()


@pytest.fixture
def ours(tmp_path: Path, own_leaf: Leaf) -> tuple[str, str]:
    return files(tmp_path / "ours", own_leaf)


@pytest.fixture
def anchors(tmp_path: Path, pki: Authority) -> str:
    path = tmp_path / "anchors.pem"
    path.write_bytes(pki.anchors_pem())
    return str(path)


def two_way(folder: Path, leaf: Leaf, pki: Authority, version: ssl.TLSVersion) -> object:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(*files(folder, leaf))
    context.load_verify_locations(cadata=pki.anchors_pem().decode())
    context.verify_mode = ssl.CERT_REQUIRED

    def serve(stream: socket.socket) -> None:
        stream.settimeout(5)
        with stream.dup() as same:
            try:
                with context.wrap_socket(stream, server_side=True) as tls:
                    tls.recv(1000)
                    tls.sendall(b"HTTP/1.1 405 No\r\n\r\n")
            except ssl.SSLError:
                # What the client had already sent must be read, or the reset overtakes the alert.
                same.shutdown(socket.SHUT_WR)
                same.recv(100000)

    return serve


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_two_way_tls(
    version: ssl.TLSVersion, tmp_path: Path, pki: Authority, ours: tuple[str, str], anchors: str
) -> None:
    theirs = pki.leaf(PARTNER_OIN, ["localhost.example"], "Partner")
    with answering(two_way(tmp_path / "theirs", theirs, pki, version)) as port:
        target = Target(
            "x", "127.0.0.1", port, sni="localhost.example", certificate=ours[0], key=ours[1], anchors=anchors
        )
        seen = look(target)
    without, with_ours = seen["tls"]
    assert seen["tcp"]["outcome"] == "open"
    assert without["outcome"] == "refused", without
    assert with_ours["outcome"] == "accepted", with_ours
    assert with_ours["peer"]["oin"] == PARTNER_OIN
    assert with_ours["chain"][0].strip() in theirs.certificate_pem.decode()
    assert len(with_ours["chain"]) == 3
    assert seen["settings"] is None
    assert (
        with_ours["protocol"]
        == {ssl.TLSVersion.TLSv1_2: "TLSv1.2", ssl.TLSVersion.TLSv1_3: "TLSv1.3"}[version]
    )


@pytest.mark.parametrize("kind", [Kind.OTHER_ROOT, Kind.EXPIRED])
def test_our_certificate_is_refused(
    kind: Kind, tmp_path: Path, pki: Authority, own_leaf: Leaf, anchors: str
) -> None:
    bad = files(tmp_path / "bad", pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad", kind))
    theirs = pki.leaf(PARTNER_OIN, ["localhost.example"], "Partner")
    with answering(two_way(tmp_path / "theirs", theirs, pki, ssl.TLSVersion.TLSv1_3)) as port:
        target = Target(
            "x", "127.0.0.1", port, sni="localhost.example", certificate=bad[0], key=bad[1], anchors=anchors
        )
        scan = look(target)["tls"][1]
    assert scan["outcome"] == "refused", scan["error"]
    assert (
        scan["error"]
        == {Kind.OTHER_ROOT: "alert unknown ca", Kind.EXPIRED: "alert certificate expired"}[kind]
    )


def test_their_certificate_is_not_trusted_but_shown(
    tmp_path: Path, pki: Authority, ours: tuple[str, str], anchors: str
) -> None:
    theirs = pki.leaf(PARTNER_OIN, ["localhost.example"], "Partner", Kind.OTHER_ROOT)
    with answering(two_way(tmp_path / "theirs", theirs, pki, ssl.TLSVersion.TLSv1_3)) as port:
        target = Target(
            "x", "127.0.0.1", port, sni="localhost.example", certificate=ours[0], key=ours[1], anchors=anchors
        )
        scan = look(target)["tls"][1]
    assert scan["outcome"] == "failed"
    assert scan["error"].startswith("their certificate: ")
    assert scan["peer"]["oin"] == PARTNER_OIN


def test_certificate_for_another_name(
    tmp_path: Path, pki: Authority, ours: tuple[str, str], anchors: str
) -> None:
    theirs = pki.leaf(PARTNER_OIN, ["localhost.example"], "Partner")
    with answering(two_way(tmp_path / "theirs", theirs, pki, ssl.TLSVersion.TLSv1_3)) as port:
        scan = look(Target("x", "127.0.0.1", port, sni="other.example", anchors=anchors))["tls"][0]
    assert "not valid for 'other.example'" in scan["error"]


def test_closed_port_and_unknown_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    closed = look(Target("x", "127.0.0.1", port))
    assert (closed["dns"], closed["tcp"]["outcome"], closed["tls"]) == (None, "refused", [])
    assert look(Target("x", "no-such-name.invalid"))["dns"]["outcome"] in ("not-found", "error")


def test_no_tls_behind_the_port() -> None:
    with answering(lambda stream: stream.close()) as port:
        scan = look(Target("x", "127.0.0.1", port))["tls"][0]
    assert (scan["outcome"], "closed by the other side" in scan["error"]) == ("failed", True)


@pytest.mark.parametrize(
    ("head", "outcome", "words"),
    [
        ("HTTP/1.1 403 Forbidden", "error", "refuses CONNECT"),
        (
            "HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 111",
            "refused",
            "could not connect",
        ),
        (
            "HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 113",
            "unreachable",
            "could not connect",
        ),
        (
            "HTTP/1.1 504 Gateway Timeout\r\nX-Squid-Error: ERR_CONNECT_FAIL 110",
            "timeout",
            "could not connect",
        ),
        ("HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0", "error", "cannot resolve"),
        ("nonsense", "error", "HTTP 0"),
    ],
)
def test_proxy_that_says_no(head: str, outcome: str, words: str) -> None:
    def serve(stream: socket.socket) -> None:
        stream.recv(1000)
        stream.sendall(f"{head}\r\n\r\n".encode())

    with answering(serve) as port:
        tcp = look(Target("x", "203.0.113.20", proxy=f"http://127.0.0.1:{port}"))["tcp"]
    assert (tcp["outcome"], words in tcp["error"]) == (outcome, True), tcp


def test_proxy_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    tcp = look(Target("x", "203.0.113.20", proxy=f"http://127.0.0.1:{port}"))["tcp"]
    assert tcp["outcome"] == "error"
    assert tcp["error"].startswith(f"proxy 127.0.0.1:{port}: ")


def test_module_probes_all_and_changes_nothing(run: Run, anchors: str) -> None:
    with answering(lambda stream: stream.close()) as port:
        targets = [{"name": name, "host": "127.0.0.1", "port": port} for name in ("a", "b")]
        result = run("endpoint_probe", targets=targets, anchors=anchors)
    assert [probe["name"] for probe in result["probes"]] == ["a", "b"]
    assert not result["changed"]


def test_module_refuses_a_certificate_that_is_not_there(run: Run) -> None:
    targets = [{"name": "a", "host": "127.0.0.1"}]
    result = run("endpoint_probe", targets=targets, certificate="/nonexistent.pem")
    assert result["failed"]
    assert "is not there on this host" in result["msg"]
