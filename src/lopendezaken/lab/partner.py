"""The partner host: plays the Compliance Voorziening, MijnOverheid and the TSP that publishes CRLs.

Certificates come from the test PKI. What a real organisation would get by mail is put in ``received``.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from lopendezaken.ebms.build import build_engine
from lopendezaken.lab import host, partner_files, post, remote, world
from lopendezaken.lab.authority import Authority, write_file
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.mijnoverheid import build as mijnoverheid
from lopendezaken.lab.mijnoverheid import files as mijnoverheid_files

INSTALLED = f"{partner_files.FOLDER}/installed"
PUBLISHED = f"{partner_files.FOLDER}/published"


def install(layout: Layout, tell: Callable[[str], None]) -> None:
    """Have the engines and the CRL server run on the partner host; quick when nothing changed."""
    tell("test PKI")
    authority = Authority(layout.pki)
    authority.init()
    files = partner_files.shared(engine(layout))
    for partner in world.PARTNERS:
        files |= _party(layout, authority, partner)
    files |= _mijnoverheid(layout)
    _write_received(layout)
    payload = remote.archive(files)
    crls = _crls(layout, authority)
    if not _has(layout, payload, INSTALLED):
        tell("packages")
        remote.run(layout, world.PARTNER_HOST, _prepare_script())
        tell("engines")
        _unpack(layout, payload)
        _unpack(layout, crls)
        remote.run(layout, world.PARTNER_HOST, _start_script())
        _mark(layout, crls, PUBLISHED)
        _mark(layout, payload, INSTALLED)
    elif not _has(layout, crls, PUBLISHED):
        _publish(layout, crls)


def publish_crls(layout: Layout) -> bool:
    """Give the partner host the CRLs of the test PKI; False when it does not run."""
    partner_host = world.select([world.PARTNER_HOST])[0]
    if not host.running(layout, partner_host):
        return False
    _publish(layout, _crls(layout, Authority(layout.pki)))
    return True


def _publish(layout: Layout, crls: bytes) -> None:
    _unpack(layout, crls)
    remote.run(layout, world.PARTNER_HOST, f"systemctl reload {' '.join(partner_files.units())}")
    _mark(layout, crls, PUBLISHED)


def engine(layout: Layout) -> bytes:
    """Build the engine and give it."""
    file = layout.state / "partner/engine.pyz"
    build_engine(file)
    return file.read_bytes()


def _mijnoverheid(layout: Layout) -> dict[str, remote.File]:
    """What plays MijnOverheid, with the test BSNs and XSDs that the organisation received, if any."""
    file = layout.state / "partner/mijnoverheid.pyz"
    mijnoverheid.build(file)
    received = post.received_folder(layout)
    bsns, xsd = (received / "test-bsn.txt", received / "xsd") if received else (None, None)
    return mijnoverheid_files.files(
        file.read_bytes(),
        bsns.read_bytes() if bsns and bsns.is_file() else mijnoverheid_files.EXAMPLE_BSNS.encode(),
        {path.relative_to(xsd).as_posix(): path.read_bytes() for path in xsd.rglob("*.xsd")} if xsd else {},
    )


def _party(layout: Layout, authority: Authority, partner: world.Partner) -> dict[str, remote.File]:
    folder = _folder(layout, partner)
    authority.leaf_into(folder, partner.oin, (partner.host_name,), partner.common_name)
    login = folder / "rest.credentials"
    if not login.exists():
        write_file(login, f"lab:{secrets.token_urlsafe(24)}\n".encode(), mode=0o600)
    return partner_files.party(
        partner,
        key=(folder / "key.pem").read_bytes(),
        certificate=(folder / "certificate.pem").read_bytes(),
        anchors=(folder / "anchors.pem").read_bytes(),
        login=login.read_bytes(),
    )


def _write_received(layout: Layout) -> None:
    for name in ("anchors.pem", "root.pem", "domain.pem", "tsp.pem"):
        _write(layout.received / name, (layout.pki / name).read_text())
    for partner in world.PARTNERS:
        leaf = re.search(r"-----BEGIN .*?-----END [^\n]*\n", _certificate(layout, partner), re.DOTALL)
        for name in partner.received:
            _write(layout.received / name, leaf[0] if leaf else "")


def _certificate(layout: Layout, partner: world.Partner) -> str:
    return (_folder(layout, partner) / "certificate.pem").read_text()


def _folder(layout: Layout, partner: world.Partner) -> Path:
    return layout.state / "partner" / partner.name


def _write(file: Path, text: str) -> None:
    """Leave a file alone that is right already: its time tells when something was received."""
    if not file.exists() or file.read_text() != text:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _crls(layout: Layout, authority: Authority) -> bytes:
    files = authority.crls() | {file.name: file.read_bytes() for file in layout.pki.glob("crl/*.cer")}
    return remote.archive(partner_files.crls(files))


def _unpack(layout: Layout, payload: bytes) -> None:
    # The files are of today (-m): a web server tells their age.
    remote.run(layout, world.PARTNER_HOST, "tar -x -m -p -C / -f -", payload)


def _has(layout: Layout, payload: bytes, mark: str) -> bool:
    """Tell whether the host has this payload and all its units run."""
    active = " && ".join(f"systemctl is-active --quiet {unit}" for unit in _units())
    return remote.succeeds(
        layout, world.PARTNER_HOST, f'[ "$(cat {mark})" = {_digest(payload)} ] && {active}'
    )


def _mark(layout: Layout, payload: bytes, mark: str) -> None:
    """Note on the host that this payload is in place: the last step, so that a cut-off one is repeated."""
    remote.run(layout, world.PARTNER_HOST, f"echo {_digest(payload)} > {mark}")


def _digest(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


def _prepare_script() -> str:
    user, packages = partner_files.USER, " ".join(partner_files.PACKAGES)
    # A cut-off run may still be installing there, or may have left it half done.
    install = f"apt-get -o DPkg::Lock::Timeout=120 install -y -q --no-install-recommends {packages}"
    repair = f"dpkg --configure -a; apt-get update -q; {install}"
    return f"""set -e
export DEBIAN_FRONTEND=noninteractive
rm -rf {mijnoverheid_files.XSD}
getent passwd {user} >/dev/null || useradd --system --shell /usr/sbin/nologin {user}
dpkg -s {packages} >/dev/null 2>&1 || {install} || {{ {repair}; }}
"""


def _start_script() -> str:
    units = " ".join(_units())
    pages = (f"127.0.0.1/{mijnoverheid_files.page_port(partner)}" for partner in mijnoverheid_files.played())
    ports = " ".join(
        [f"{world.CRL_ADDRESS}/80", *(f"{partner.address}/443" for partner in world.PARTNERS), *pages]
    )
    return f"""set -e
systemctl daemon-reload
systemctl enable --quiet {units}
systemctl restart {units}
for port in {ports}; do
  for try in $(seq 100); do
    if (: < /dev/tcp/$port) 2>/dev/null; then continue 2; fi
    sleep 0.1
  done
  echo "nothing answers on $port"
  journalctl --quiet --no-pager --output=cat --lines=5 --unit='lz-*'
  exit 1
done
"""


def _units() -> list[str]:
    return [partner_files.CRL_UNIT, *partner_files.units(), *mijnoverheid_files.units()]
