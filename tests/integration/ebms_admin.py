"""A real ebms-admin 2.20.2 on loopback, as the other party of an embedded engine.

The jar is none of the project's: LZ_EBMS_ADMIN_JAR says where it stands. All that it writes goes to the
folder of the test.
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_pem_private_key,
    pkcs12,
)

from lopendezaken.lab.authority import Authority, Leaf
from tests.integration.engines import LOGIN, Party, wait_for

VARIABLE = "LZ_EBMS_ADMIN_JAR"
PASSWORD = "alleen-voor-de-test"
SUITES = ",".join(
    (
        "TLS_AES_256_GCM_SHA384",
        "TLS_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    )
)


def why_not() -> str:
    """Why this machine cannot run ebms-admin; empty when it can."""
    jar = os.environ.get(VARIABLE, "")
    if not jar:
        return f"{VARIABLE} names no ebms-admin jar"
    if not Path(jar).is_file():
        return f"{VARIABLE} names {jar}, which is no file"
    try:
        subprocess.run(["java", "-version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "there is no java to run the ebms-admin jar with"
    return ""


def port_in_range() -> int:
    """A free port that the system does not give to outgoing connections, so a restart finds it free."""
    for port in range(29000, 30000):
        if port not in _given:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)):
                    _given.add(port)
                    return port
    raise AssertionError("no free port from 29000 to 29999")


_given: set[int] = set()


def key_store(leaf: Leaf) -> bytes:
    """PKCS12 with one key, its certificate and the chain."""
    own, *chain = x509.load_pem_x509_certificates(leaf.certificate_pem)
    key = load_pem_private_key(leaf.key_pem, None)
    encryption = BestAvailableEncryption(PASSWORD.encode())
    return pkcs12.serialize_key_and_certificates(b"own", key, own, chain, encryption)  # type: ignore[arg-type]


def trust_store(anchors_pem: bytes) -> bytes:
    """PKCS12 that Java takes for a truststore: without its own attribute Java trusts nothing in it."""
    anchors = x509.load_pem_x509_certificates(anchors_pem)
    entries = [
        pkcs12.PKCS12Certificate(anchor, f"anchor{number}".encode()) for number, anchor in enumerate(anchors)
    ]
    return pkcs12.serialize_java_truststore(entries, BestAvailableEncryption(PASSWORD.encode()))


@dataclass
class EbmsAdmin(Party):
    """ebms-admin behind the same calls as an embedded engine."""

    port: int = field(default_factory=port_in_range)
    rest_port: int = field(default_factory=port_in_range)
    health_port: int = field(default_factory=port_in_range)
    h2_port: int = field(default_factory=port_in_range)

    def write(self, leaf: Leaf, authority: Authority) -> None:
        self.folder.mkdir(parents=True)
        self.certify(leaf)
        # For signatures it wants the issuer itself, and looks no further up.
        _, chain = leaf.certificate_pem.split(b"-----END CERTIFICATE-----", 1)
        self._secret("truststore.p12", trust_store(authority.anchors_pem() + chain))
        user, _, password = LOGIN.partition(":")
        digest = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
        self._secret("realm.properties", f"{user}: MD5:{digest},user\n".encode())
        self.configure()

    def certify(self, leaf: Leaf) -> None:
        """The same key for all; takes effect at the next start."""
        self.certify_client(leaf)
        for name in ("keystore", "signature.keystore", "encryption.keystore"):
            self._secret(f"{name}.p12", key_store(leaf))

    def certify_client(self, leaf: Leaf) -> None:
        """Only what it shows when it connects; takes effect at the next start."""
        self._secret("client.keystore.p12", key_store(leaf))

    def configure(self, extra: str = "") -> None:
        stores = ("keystore", "client.keystore", "signature.keystore", "encryption.keystore", "truststore")
        lines = [
            f"{store}.{name}={value}"
            for store in stores
            for name, value in (
                ("type", "PKCS12"),
                ("path", f"{self.folder}/{store}.p12"),
                ("password", PASSWORD),
            )
        ]
        self._secret("ebms-admin.embedded.properties", "\n".join([*lines, _SETTINGS, extra, ""]).encode())

    def start(self) -> None:
        # The first class path entry holds all; it has no main class of its own.
        command = [
            *("java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            *("-Djava.net.preferIPv4Stack=true", "-Dh2.bindAddress=127.0.0.1"),
            f"-Debms.port={self.port}",
            f"-Debms.jdbc.url=jdbc:h2:tcp://localhost:{self.h2_port}/./ebms",
            *("-cp", os.environ[VARIABLE], "nl.clockwork.ebms.admin.StartEmbedded"),
            *("-host", "127.0.0.1", "-port", str(self.rest_port), "-soap", "-headless", "-authentication"),
            *("-health", "-healthPort", str(self.health_port), "-configDir", f"{self.folder}/", "-h2"),
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_for(lambda: self.healthy, "ebms-admin to start", lambda: self.log[-3000:], 120)

    def stop(self, number: int = signal.SIGTERM) -> float:
        if self.process is None:
            return 0.0
        begin = time.monotonic()
        self.process.send_signal(number)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)
        self.process = None
        return time.monotonic() - begin

    def _secret(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_bytes(data)


_SETTINGS = f"""
ebms.host=127.0.0.1
ebms.path=/ebms
ebms.ssl=true
https.protocols=TLSv1.3,TLSv1.2
https.cipherSuites={SUITES}
https.requireClientAuthentication=true
https.clientCertificateAuthentication=true
https.verifyHostnames=true
http.connectTimeout=5000
http.readTimeout=10000
messageQueue.timeout=5000
ebms.pool.minPoolSize=2
ebms.pool.maxPoolSize=8
deliveryTaskHandler.minThreads=2
deliveryTaskHandler.maxThreads=4
jms.broker.start=false"""
