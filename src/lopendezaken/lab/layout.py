"""Where a lab lives: its folders, and the names and addresses that follow from its instance number."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.lab.world import FLEET_MANAGEMENT, MANAGEMENT

INSTANCES = 8
REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True)
class Layout:
    """The places of one lab. Several labs (instances) may run side by side; they share only the cache."""

    base_dir: Path
    instance: int

    @classmethod
    def from_environment(cls) -> Layout:
        """Read LZ_LAB_DIR (default: .lab in the repository) and LZ_LAB_INSTANCE (default: 0).

        Raises :class:`LzError` when either cannot be used.
        """
        text = os.environ.get("LZ_LAB_INSTANCE") or "0"
        if text not in map(str, range(INSTANCES)):
            raise LzError(
                "not a lab instance", where="LZ_LAB_INSTANCE", found=text, expected=f"0 to {INSTANCES - 1}"
            )
        folder = Path(os.environ.get("LZ_LAB_DIR") or REPOSITORY / ".lab").resolve()
        # An overlay mount reads these as its own syntax; an interface alias holds at most 255 bytes.
        if set(str(folder)) & set(",:\\\n\"'") or len(os.fsencode(folder)) > 240:
            raise LzError(
                "no good folder for a lab",
                where="LZ_LAB_DIR",
                found=str(folder),
                expected="a path of at most 240 bytes without , : \\ or quotes",
            )
        return cls(folder, int(text))

    @property
    def state(self) -> Path:
        """Folder of this instance; ``destroy`` removes it."""
        return self.base_dir / str(self.instance)

    @property
    def cache(self) -> Path:
        """Folder that outlives ``destroy``: base images and downloaded packages."""
        return self.base_dir / "cache"

    @property
    def apt_cache(self) -> Path:
        """Packages that the hosts of this instance downloaded."""
        return self.cache / f"apt-{self.instance}"

    @property
    def pki(self) -> Path:
        """The test PKI (``lz lab pki``)."""
        return self.state / "pki"

    @property
    def received(self) -> Path:
        """What Logius and the TSP would have sent an organisation: anchors and the partners' certificates."""
        return self.state / "received"

    @property
    def ssh_config(self) -> Path:
        """Configuration for ``ssh -F``: one entry for each host."""
        return self.state / "ssh_config"

    def host_dir(self, host: str) -> Path:
        """Disk and console of one host."""
        return self.state / "hosts" / host

    def host_root(self, host: str) -> Path:
        """Where the disk of a host is mounted."""
        return self.host_dir(host) / "root"

    @property
    def network(self) -> IPv4Network:
        """This instance's part of the management zone."""
        return list(MANAGEMENT.subnets(new_prefix=28))[self.instance]

    @property
    def fleet_network(self) -> IPv4Network:
        """This instance's part of the management zone of fleets."""
        return list(FLEET_MANAGEMENT.subnets(new_prefix=24))[self.instance]

    @property
    def machine_address(self) -> IPv4Address:
        """The machine's own address in the management zone; DNS and the apt cache listen there."""
        return self.network[1]

    @property
    def machine_addresses(self) -> tuple[IPv4Address, IPv4Address]:
        """The same, and where hosts of a fleet find it."""
        return self.machine_address, self.fleet_network[1]

    @property
    def link(self) -> str:
        """The machine's end of the only link between the machine and the lab."""
        return f"lz-lab{self.instance}"

    @property
    def switch(self) -> str:
        """Network namespace that holds the bridges."""
        return self.namespace("sw")

    def namespace(self, name: str) -> str:
        """Network namespace of a host."""
        return f"lz{self.instance}-{name}"

    @property
    def cgroup(self) -> str:
        """Control group of all processes of this instance."""
        return f"lz-lab{self.instance}"

    @property
    def nft_table(self) -> str:
        """Name of the packet filter on the machine's end."""
        return f"lz_lab{self.instance}"
