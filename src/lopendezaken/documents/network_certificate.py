"""Which certificates a flow shows: what a firewall that looks into TLS, or a proxy on the way, must let through."""

from __future__ import annotations

from lopendezaken.documents.network_flows import OUTSIDE, End, Line
from lopendezaken.documents.source import Source
from lopendezaken.dossier.schema import host_of

OTHERS = {
    "rest": "alleen van de server: de adapter of een eigen CA; het zaaksysteem toont een wachtwoord",
    "crl": "geen: http, de CRL zelf is ondertekend",
    "proxy": "geen van de proxy: TLS van de adapter gaat er ongeopend doorheen",
    "database": "van de database, van een eigen CA; de adapter toont een wachtwoord",
    "health": "geen: zegt alleen of de adapter werkt",
    "ssh": "geen: sleutels van SSH",
    "dns": "geen",
    "packages": "geen",
    "echo": "geen",
    "other": "niet in het netwerkplan",
}


def certificate(source: Source, line: Line) -> str:
    """Tell it in Dutch, by the names in the certificates (DK-TLS-001: both sides show one)."""
    if line.flow.service != "ebms":
        return OTHERS[line.flow.service]
    if not {end.kind for end in line.ends} & set(OUTSIDE):
        return _within(source)
    client, server = _name(source, line.source, "client"), _name(source, line.destination, "server")
    return f"PKIoverheid, aan beide kanten: client {client}, server {server}"


def _within(source: Source) -> str:
    if source.own.server_certificate is None:
        return "die van partner en adapter: de proxy geeft TLS ongeopend door"
    return "de proxy opent TLS van partners en versleutelt opnieuw naar de adapter"


def _name(source: Source, end: End, side: str) -> str:
    if end.kind not in OUTSIDE:
        own = source.own
        proxy_serves = side == "server" and own.server_certificate
        return host_of(own.endpoint) if proxy_serves else own.certificate.names[0]
    names = {name.system: name.name for name in reversed(source.network.names)}
    return names.get(end.name, f"van {end.name}")
