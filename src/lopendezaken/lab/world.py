"""The world that the lab plays, as data: zones, hosts, addresses and names.

Addresses are those of RFC 5737, names end in .example, OINs begin with 00000099 (no one has those).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network

from lopendezaken.errors import LzError

MANAGEMENT = IPv4Network("192.0.2.128/25")
# A fleet has more hosts than fit there. These addresses are for measuring networks (RFC 2544) and reach nobody either.
FLEET_MANAGEMENT = IPv4Network("198.18.0.0/21")


@dataclass(frozen=True)
class Zone:
    """A network of its own (a bridge). ``gateway``: the lab's switch has this address there and routes."""

    name: str
    network: IPv4Network
    gateway: str | None = None
    isolated: bool = False


@dataclass(frozen=True)
class Leg:
    """A host's interface in a zone."""

    zone: str
    interface: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Host:
    """A host; ``number`` gives its address in the management zone."""

    name: str
    number: int
    legs: tuple[Leg, ...]
    gateway: str | None = None


@dataclass(frozen=True)
class Partner:
    """A party that the partner host plays, with an engine of its own."""

    name: str
    common_name: str
    oin: str
    host_name: str
    address: str
    rest_port: int
    received: tuple[str, ...]


ZONES = (
    Zone("int-preprod", IPv4Network("192.0.2.0/27")),
    Zone("int-prod", IPv4Network("192.0.2.32/27")),
    Zone("dmz", IPv4Network("198.51.100.0/24"), gateway="198.51.100.1", isolated=True),
    Zone("outside", IPv4Network("203.0.113.0/24"), gateway="203.0.113.1"),
)

PARTNERS = (
    Partner(
        "compliance",
        "Compliance Voorziening",
        "00000099200000001000",
        "ebms.compliance.example",
        "203.0.113.10",
        8101,
        ("preprod/compliance.pem",),
    ),
    Partner(
        "mijnoverheid-preprod",
        "MijnOverheid preproductie",
        "00000099300000001000",
        "ebms.preprod.mijnoverheid.example",
        "203.0.113.20",
        8102,
        ("preprod/mijnoverheid.pem",),
    ),
    Partner(
        "mijnoverheid-prod",
        "MijnOverheid",
        "00000099400000001000",
        "ebms.mijnoverheid.example",
        "203.0.113.30",
        8103,
        ("prod/mijnoverheid.pem",),
    ),
)
CRL_HOST = "crl.pkioverheid.example"
CRL_ADDRESS = "203.0.113.40"
PARTNER_HOST = "partner"


def _adapter(environment: str, number: int, address: str) -> Host:
    return Host(
        f"adapter-{environment}", number, (Leg(f"int-{environment}", "internal0", (address,)),), gateway=None
    )


def _dmz(environment: str, number: int, inside: str, outside: tuple[str, ...]) -> Host:
    return Host(
        f"dmz-{environment}",
        number,
        (Leg(f"int-{environment}", "internal0", (inside,)), Leg("dmz", "dmz0", outside)),
        gateway="198.51.100.1",
    )


# Of somebody else, who hosts the adapter of an organisation: no key of the lab opens it (docs/external.md).
HOSTED = Host("adapter-hosted", 6, (Leg("int-preprod", "internal0", ("192.0.2.13",)),))

HOSTS = (
    _adapter("preprod", 1, "192.0.2.10"),
    _dmz("preprod", 2, "192.0.2.1", ("198.51.100.10", "198.51.100.11")),
    _adapter("prod", 3, "192.0.2.42"),
    _dmz("prod", 4, "192.0.2.33", ("198.51.100.20", "198.51.100.21")),
    Host(
        PARTNER_HOST,
        5,
        (Leg("outside", "outside0", (*(partner.address for partner in PARTNERS), CRL_ADDRESS)),),
        gateway="203.0.113.1",
    ),
    # For a second adapter on one database (docs/high-availability.md).
    Host("adapter-preprod-2", 7, (Leg("int-preprod", "internal0", ("192.0.2.11",)),)),
    Host("database-preprod", 8, (Leg("int-preprod", "internal0", ("192.0.2.12",)),)),
)


@dataclass(frozen=True)
class Member:
    """An organisation of the fleet, with an adapter and a DMZ host of its own; ``number`` from 1.

    Inside, all have the same addresses: their internal zones never meet.
    """

    number: int

    @property
    def slug(self) -> str:
        """Short name, also of the folder."""
        return f"oefenstad-{self.number}"

    @property
    def name(self) -> str:
        """Full name."""
        return f"Gemeente Oefenstad {self.number}"

    @property
    def oin(self) -> str:
        """An OIN that no one has."""
        return f"000000991000{self.number:05}000"

    @property
    def domain(self) -> str:
        """What the names of its endpoints end with."""
        return f"{self.slug}.example"

    @property
    def outside(self) -> tuple[str, str]:
        """Its addresses in the DMZ: where partners reach it, and where they see it come from."""
        return f"198.51.100.{100 + 2 * self.number}", f"198.51.100.{101 + 2 * self.number}"

    @property
    def zone(self) -> Zone:
        """Its internal zone."""
        return Zone(f"int-{self.slug}", IPv4Network("192.0.2.0/27"))

    @property
    def hosts(self) -> tuple[Host, Host]:
        """Its adapter and its DMZ host."""
        inside = self.zone.name
        return (
            Host(f"adapter-{self.slug}", 100 + self.number, (Leg(inside, "internal0", ("192.0.2.10",)),)),
            Host(
                f"dmz-{self.slug}",
                120 + self.number,
                (Leg(inside, "internal0", ("192.0.2.1",)), Leg("dmz", "dmz0", self.outside)),
                gateway="198.51.100.1",
            ),
        )


FLEET = tuple(Member(number) for number in range(1, 9))
FLEET_HOSTS = tuple(host for member in FLEET for host in member.hosts)
EVERY_ZONE = ZONES + tuple(member.zone for member in FLEET)
EVERY_HOST = (*HOSTS, HOSTED, *FLEET_HOSTS)

GROUPS = {
    "preprod": ("adapter-preprod", "dmz-preprod", PARTNER_HOST),
    "prod": ("adapter-prod", "dmz-prod", PARTNER_HOST),
    "two-adapters": ("adapter-preprod", "adapter-preprod-2", "database-preprod", "dmz-preprod", PARTNER_HOST),
    "hosted": (HOSTED.name, "dmz-preprod", PARTNER_HOST),
    "all": tuple(host.name for host in HOSTS),
}

# Public names: what the world's DNS would say.
PUBLIC_NAMES = {
    "ebms.preprod.voorbeeldstad.example": "198.51.100.10",
    "ebms.voorbeeldstad.example": "198.51.100.20",
    **{partner.host_name: partner.address for partner in PARTNERS},
    CRL_HOST: CRL_ADDRESS,
    **{f"ebms.preprod.{member.domain}": member.outside[0] for member in FLEET},
}


def zone(name: str) -> Zone:
    """Return a zone by its name."""
    return next(zone for zone in EVERY_ZONE if zone.name == name)


def addresses() -> list[str]:
    """Return all addresses that the lab plays outside the management zone."""
    gateways = [zone.gateway for zone in ZONES if zone.gateway]
    of_hosts = [address for host in EVERY_HOST for leg in host.legs for address in leg.addresses]
    return list(dict.fromkeys(gateways + of_hosts))


def select(words: Iterable[str]) -> list[Host]:
    """Turn host and group names into hosts. Raises :class:`LzError` for a name that is neither."""
    names: set[str] = set()
    for word in words:
        found = GROUPS.get(word) or [host.name for host in EVERY_HOST if host.name == word]
        if not found:
            known = ", ".join([*GROUPS, *GROUPS["all"]])
            raise LzError("no such host or group in the lab", found=word, expected=f"one of {known}")
        names.update(found)
    return [host for host in EVERY_HOST if host.name in names]
