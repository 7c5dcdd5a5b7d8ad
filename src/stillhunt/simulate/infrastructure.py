"""Where calls come from: networks with their addresses, and clients with their headers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillhunt.simulate.ids import Hashes, Ints, mix, pick

COUNTRIES = ("US", "IN", "BR", "DE", "GB", "JP", "FR", "KR", "CA", "ES", "MX", "PL", "NL", "TR", "ID", "SG", "AU", "NG")
COUNTRY_SHARES = np.array([24, 11, 6, 6, 6, 6, 5, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 2]) / 100
UTC_OFFSETS = np.array([-6, 5.5, -3, 1, 0, 9, 1, 9, -5, 1, -6, 1, 1, 3, 7, 8, 10, 1])
"""Hours by which local time is ahead of UTC, one a country."""

_PER_COUNTRY = (("home", 3, 18), ("mobile", 2, 8), ("business", 2, 17))
_WORLDWIDE = (("hosting", 10, 16), ("vpn", 8, 6), ("cloud", 4, 18), ("proxy", 3, 19))
"""Kind of network, how many of them, and the bits of its addresses (a carrier's NAT has few, and shares them)."""


_OCTETS = [octet for octet in range(24, 122) if octet != 100]  # 100.64/10 belongs to no one's public network


@dataclass(frozen=True)
class Networks:
    """Networks, one a row. Without a corpus they are invented: numbers of no real owner, ASNs of the private range."""

    kind: tuple[str, ...]
    country: Ints
    asn: Ints
    base: Ints
    size: Ints

    @classmethod
    def invented(cls, ranges: dict[str, Sequence[tuple[int, int]]] | None = None) -> "Networks":
        """Lay out the networks; `ranges` gives real (first address, size) for some kinds."""
        rows: list[tuple[str, int, int]] = []
        for country in range(len(COUNTRIES)):
            rows += [(kind, country, bits) for kind, count, bits in _PER_COUNTRY for _ in range(count)]
        rows += [(kind, number % 6, bits) for kind, count, bits in _WORLDWIDE for number in range(count)]
        base, size = [], []
        taken: dict[str, int] = {}
        for number, (kind, _, bits) in enumerate(rows):
            real = (ranges or {}).get(kind, ())
            at = taken.get(kind, 0)
            taken[kind] = at + 1
            if at < len(real):
                base.append(real[at][0])
                size.append(min(real[at][1], 1 << bits))
            else:
                base.append(
                    (_OCTETS[number % len(_OCTETS)] << 24) + ((3 + 8 * (number // len(_OCTETS)) + number % 5) << 19)
                )
                size.append(1 << bits)
        return cls(
            tuple(kind for kind, _, _ in rows),
            np.array([country for _, country, _ in rows]),
            4_200_000_000 + np.arange(len(rows)) * 17,
            np.array(base),
            np.array(size),
        )

    def of(self, kind: str, country: int | None = None) -> Ints:
        """Return the networks of a kind, in one country or in all."""
        found = np.array([k == kind for k in self.kind])
        if country is not None:
            found &= self.country == country
        return np.flatnonzero(found)

    def address(self, network: Ints, hashes: Hashes) -> Ints:
        """Return an address of each network, the same for the same hash."""
        return self.base[network] + pick(hashes, self.size[network])

    def home(self, kind: str, country: Ints, hashes: Hashes) -> Ints:
        """Return a network of the kind in each country."""
        table = np.stack([self.of(kind, number) for number in range(len(COUNTRIES))])
        return table[country, pick(hashes, table.shape[1])]


def dotted(addresses: Ints) -> pa.StringArray:
    """Write IPv4 addresses in dotted form; a negative one is null."""
    octets = pa.array([str(n) for n in range(256)])
    known = np.maximum(addresses, 0)
    parts = [octets.take(pa.array((known >> shift) & 255)) for shift in (24, 16, 8, 0)]
    text = pc.binary_join_element_wise(*parts, ".")
    return pc.if_else(pa.array(addresses >= 0), text, pa.scalar(None, pa.string()))


@dataclass(frozen=True)
class Client:
    """One client program in one version on one system, as its headers and its handshake show it."""

    ja4: str | None
    user_agent: str | None
    headers: tuple[tuple[str, str], ...] | None


_OS = ("MacOS", "Linux", "Windows", "Linux")
_ARCH = ("arm64", "x64", "x64", "arm64")
VERSIONS = 6
"""Versions of each client that are out before or during the run."""


def _ja4(start: str, seed: int) -> str:
    """An invented fingerprint: JA4_a as it would be, the two hashes made up."""
    return f"{start}_{int(mix(seed, 1)[0]):016x}"[: len(start) + 13] + f"_{int(mix(seed, 2)[0]):016x}"[:13]


def _browser(number: int) -> list[Client]:
    name, first = (("Chrome", 136), ("Edg", 136), ("Firefox", 138), ("Safari", 17))[number % 4]
    system = ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64")[number // 4 % 3]
    ja4 = _ja4("t13d1516h2" if number % 4 < 2 else "t13d1715h2", number % 4)
    return [
        Client(ja4, f"Mozilla/5.0 ({system}) {name}/{first + version}.0", (("accept-language", lang),))
        for lang in ("en-US", "de-DE", "zh-CN", "es-ES", "fr-FR", "pt-BR")
        for version in range(VERSIONS)
    ]


def _sdk(number: int) -> list[Client]:
    lang, agent, runtime, start = (
        ("python", "Lumen/Python", "CPython", "t13d1812h1"),
        ("js", "Lumen/JS", "node", "t13d5911h1"),
        ("python", "AsyncLumen/Python", "CPython", "t13d1812h2"),
        ("go", "Lumen/Go", "go", "t13d1311h2"),
    )[number % 4]
    minor = (("3.10.14", "v18.20.4", "3.12.4", "go1.22.5"), ("3.11.9", "v20.15.1", "3.13.1", "go1.23.2"))[
        number // 4 % 2
    ][number % 4]
    return [
        Client(
            _ja4(start, 50 + number % 4 + 4 * (number // 4 % 2)),
            f"{agent} 1.{40 + 3 * version}.0",
            (
                ("x-stainless-arch", arch), ("x-stainless-lang", lang), ("x-stainless-os", system),
                ("x-stainless-package-version", f"1.{40 + 3 * version}.0"), ("x-stainless-runtime", runtime),
                ("x-stainless-runtime-version", minor),
            ),
        )
        for system, arch in zip(_OS, _ARCH, strict=True)
        for version in range(VERSIONS)
    ]  # fmt: skip


def _tool(number: int) -> list[Client]:
    name = ("openhelm-cli", "patchwork-ide", "shellmate")[number % 3]
    return [
        Client(
            _ja4("t13d5911h1", 80 + number % 3),
            f"{name}/0.{9 + version}.{number // 3 % 4} (external, cli)",
            (("x-app", "cli"), ("x-stainless-lang", "js"), ("x-stainless-os", system),
             ("x-stainless-package-version", f"1.{40 + 3 * version}.0"), ("x-stainless-runtime", "node"),
             ("x-stainless-runtime-version", f"v{20 + 2 * (number // 3 % 2)}.11.{number // 6 % 3}")),
        )
        for system in ("MacOS", "Linux", "Windows")
        for version in range(VERSIONS)
    ]  # fmt: skip


def _plain(number: int) -> list[Client]:
    agents = (
        "python-requests/2.32.{}",
        "okhttp/4.1{}.0",
        "curl/8.{}.1",
        "Go-http-client/2.0",
        "axios/1.{}.2",
        "Java/21.0.{}",
    )
    agent = agents[number % len(agents)]
    return [Client(_ja4("t13d1713h1", 120 + number % len(agents)), agent.format(v), ()) for v in range(VERSIONS)]


class Clients:
    """All clients. A family has many lines (program, system, runtime); a line has VERSIONS rows, oldest first."""

    def __init__(self, ja4: Sequence[str] = ()) -> None:
        """List the clients; real fingerprints in `ja4` stand in for the invented ones."""
        rows: list[Client] = []
        self._lines: dict[str, Ints] = {}
        for family, make, count in (
            ("browser", _browser, 12),
            ("sdk", _sdk, 8),
            ("tool", _tool, 18),
            ("plain", _plain, 6),
        ):
            first = len(rows)
            for number in range(count):
                rows += make(number)
            self._lines[family] = np.arange(first, len(rows), VERSIONS)
        if ja4:
            known: dict[str | None, str] = {}
            for row in rows:
                known.setdefault(row.ja4, ja4[len(known) % len(ja4)])
            rows = [Client(known[row.ja4], row.user_agent, row.headers) for row in rows]
        self.rows: list[Client] = rows

    def add(self, client: Client) -> int:
        """Add a client of its own kind (a relay's frozen header block) and return its row."""
        self.rows.append(client)
        return len(self.rows) - 1

    def line(self, family: str, hashes: Hashes) -> Ints:
        """Return the first row of a line of the family for each hash; popular lines are picked more often."""
        lines = self._lines[family]
        return lines[np.minimum(pick(mix(hashes, 3), len(lines)), pick(mix(hashes, 4), len(lines)))]

    def arrow(self) -> pa.Table:
        """Return the columns ja4, user_agent and headers, one row a client."""
        headers = [None if row.headers is None else list(row.headers) for row in self.rows]
        return pa.table(
            {
                "ja4": pa.array([row.ja4 for row in self.rows], pa.string()),
                "user_agent": pa.array([row.user_agent for row in self.rows], pa.string()),
                "headers": pa.array(headers, pa.map_(pa.string(), pa.string())),
            }
        )
