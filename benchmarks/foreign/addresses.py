"""Where requests come from: homes, phones, offices, data centres, VPNs."""

import ipaddress
from dataclasses import dataclass

import numpy as np

from foreign.clocks import DAY
from foreign.corpus import Corpus

Rng = np.random.Generator
COUNTRIES = {  # hours ahead of UTC, share of people
    "US": (-6, 0.34), "DE": (1, 0.09), "GB": (0, 0.09), "FR": (1, 0.06), "IN": (5.5, 0.12), "BR": (-3, 0.07),
    "JP": (9, 0.06), "KR": (9, 0.04), "SG": (8, 0.04), "CA": (-5, 0.05), "VN": (7, 0.02), "PL": (1, 0.02),
}  # fmt: skip


@dataclass(frozen=True)
class Provider:
    """A network operator with some /16 blocks of its own."""

    asn: int
    country: str
    blocks: tuple[int, ...]
    shared: tuple[str, ...] = ()
    """Addresses behind which a phone network puts its customers, strangers together."""

    def address(self, rng: Rng) -> str:
        """Return any address of it."""
        block = self.blocks[int(rng.integers(len(self.blocks)))]
        return str(ipaddress.IPv4Address(block + int(rng.integers(256, 65000))))


@dataclass(frozen=True)
class Line:
    """How one customer reaches the internet: an address that its network changes now and then."""

    provider: Provider
    addresses: tuple[str, ...]
    lease: int
    """Time between changes, µs."""
    owners: tuple[Provider, ...] = ()
    """Whose each address is, where the line goes over several networks."""

    def at(self, ts: np.ndarray) -> list[str]:
        """Return the address at each time."""
        return [self.addresses[i] for i in (ts // self.lease % len(self.addresses)).tolist()]

    def exit_at(self, ts: int) -> tuple[str, Provider]:
        """Return the address at one time, and whose it is."""
        which = ts // self.lease % len(self.addresses)
        return self.addresses[which], self.owners[which] if self.owners else self.provider

    def columns(self, ts: np.ndarray) -> dict[str, object]:
        """Return what requests at these times show of the network, by column."""
        return {"ip": self.at(ts), "asn": self.provider.asn, "country": self.provider.country}


def zone_of(country: str) -> float:
    """Hours ahead of UTC."""
    return COUNTRIES[country][0]


class Internet:
    """All networks of one world."""

    def __init__(self, rng: Rng, corpus: Corpus) -> None:
        """Lay out home and phone networks outside the listed ranges, and take hosting and VPN ranges from the lists."""
        self.rng = rng
        ranges = corpus.table("ip_reputation_ranges").to_pydict()
        listed: dict[str, list[ipaddress.IPv4Network]] = {"datacenter": [], "vpn": [], "cloud:github": []}
        taken: set[int] = set()
        for cidr, kind in zip(ranges["cidr"], ranges["kind"], strict=True):
            if ":" in cidr:
                continue
            taken.add(int(cidr.split(".", 1)[0]) << 8 | int(cidr.split(".", 2)[1]))
            if kind in listed and cidr.endswith(tuple(f"/{n}" for n in range(16, 26))):
                listed[kind].append(ipaddress.IPv4Network(cidr))
        self._free = [
            p for p in range(24 << 8, 223 << 8) if p not in taken and p >> 8 not in {100, 127, 169, 172, 192, 198}
        ]
        self.rng.shuffle(self._free)
        asns = corpus.table("ip_asn_lists").to_pydict()
        self._hosts = [n for n, kind in zip(asns["asn"], asns["kind"], strict=True) if kind == "datacenter"]
        self.homes = {c: [self._provider(c, 6, phone=False) for _ in range(4)] for c in COUNTRIES}
        self.phones = {c: [self._provider(c, 2, phone=True) for _ in range(2)] for c in COUNTRIES}
        self.hosting = [self._listed(listed["datacenter"]) for _ in range(45)]
        self.vpns = [self._listed(listed["vpn"]) for _ in range(8)]
        self.runners = self._listed(listed["cloud:github"] or listed["datacenter"])

    def country(self) -> str:
        """Return where somebody lives."""
        shares = np.array([share for _, share in COUNTRIES.values()])
        return list(COUNTRIES)[int(self.rng.choice(len(shares), p=shares / shares.sum()))]

    def home(self, country: str) -> Line:
        """Return a household's line, or for one in five that of a phone shared with strangers."""
        rng = self.rng
        phone = rng.uniform() < 0.2
        provider = (self.phones if phone else self.homes)[country][int(rng.integers(2 if phone else 4))]
        if phone:
            seen = rng.choice(provider.shared, size=12)
            return Line(provider, tuple(map(str, seen)), DAY // 3)
        lease = int(rng.choice([DAY, 3 * DAY, 60 * DAY], p=[0.3, 0.3, 0.4]))
        return Line(provider, tuple(provider.address(rng) for _ in range(15)), lease)

    def office(self, country: str) -> Line:
        """Return a company's fixed exit: one or two addresses side by side."""
        provider = self.homes[country][int(self.rng.integers(4))]
        base = ipaddress.IPv4Address(provider.address(self.rng))
        return Line(provider, tuple(str(base + i) for i in range(int(self.rng.integers(1, 3)))), DAY // 4)

    def host(self, addresses: int = 1) -> Line:
        """Return servers in one data centre."""
        provider = self.hosting[int(self.rng.integers(len(self.hosting)))]
        return Line(provider, tuple(provider.address(self.rng) for _ in range(addresses)), DAY // 2)

    def residential_exit(self) -> Line:
        """Return one exit of a proxy seller: somebody's home, somewhere."""
        country = self.country()
        provider = self.homes[country][int(self.rng.integers(4))]
        return Line(provider, (provider.address(self.rng),), DAY)

    def _provider(self, country: str, blocks: int, *, phone: bool) -> Provider:
        own = tuple(self._free.pop() << 16 for _ in range(blocks))
        bare = Provider(int(self.rng.integers(3000, 64000)), country, own)
        shared = tuple(bare.address(self.rng) for _ in range(60)) if phone else ()
        return Provider(bare.asn, country, own, shared)

    def _listed(self, ranges: list[ipaddress.IPv4Network]) -> Provider:
        chosen = ranges[int(self.rng.integers(len(ranges)))]
        inside = [int(chosen.network_address) + int(self.rng.integers(1, chosen.num_addresses - 1)) for _ in range(400)]
        asn = self._hosts[int(self.rng.integers(len(self._hosts)))]
        return _Range(int(asn), self.country(), tuple(inside))


class _Range(Provider):
    """A listed range: its `blocks` are the very addresses."""

    def address(self, rng: Rng) -> str:
        return str(ipaddress.IPv4Address(self.blocks[int(rng.integers(len(self.blocks)))]))
