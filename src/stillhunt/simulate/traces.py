"""Real arrivals and infrastructure from a folder of corpora: pauses, tenants' loads, lengths, address ranges, handshakes."""

import ipaddress
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillhunt.errors import UsageError
from stillhunt.simulate.corpus import read_rows
from stillhunt.simulate.ids import mix

WINDOW_SECONDS = 600
_WINDOWS = 14 * 24 * 6
_KINDS = {"vpn": ("vpn",), "cloud": ("cloud:amazon", "cloud:microsoft", "cloud:google"),
          "hosting": ("cloud:linode", "cloud:digitalocean", "cloud:vultr", "cloud:oracle")}  # fmt: skip


def _column(folder: Path, name: str, columns: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    path = folder / f"{name}.parquet"
    if not path.exists():
        raise UsageError(f"The corpus lacks '{path}': give --corpus a folder that holds it, or leave --corpus away.")
    table = pq.read_table(path, columns=list(columns))
    return {column: table[column].to_numpy(zero_copy_only=False) for column in columns}  # type: ignore[call-arg]


def think_seconds(folder: Path) -> NDArray[np.float64]:
    """Pauses between a programmer's messages to an assistant, in seconds (RealHumanEval), up to half an hour."""
    times: dict[str, list[float]] = defaultdict(list)
    for row in read_rows(folder, "benign_users_misc"):
        if row["source"] == "realhumaneval_chat" and row["timestamp"] is not None:
            times[row["user"]].append(float(row["timestamp"]))
    gaps = np.concatenate([np.diff(np.sort(moments)) for moments in times.values()])
    return np.sort(gaps[(gaps > 1.0) & (gaps < 1800.0)])


def tenant_loads(folder: Path) -> tuple[NDArray[np.float64], ...]:
    """Load of real tenants of a cloud over two weeks (ServeGen), as shares in windows of WINDOW_SECONDS."""
    trace = _column(folder, "trace_servegen_client_windows", ["model", "client", "t", "rate"])
    loads = []
    for model in ("m-large", "m-mid", "m-small"):
        of_model = trace["model"] == model
        for client in np.unique(trace["client"][of_model]):
            rows = of_model & (trace["client"] == client)
            if rows.sum() >= _WINDOWS // 3:
                load = np.zeros(_WINDOWS)
                load[(trace["t"][rows].astype(np.int64) // WINDOW_SECONDS) % _WINDOWS] = trace["rate"][rows]
                loads.append(load / load.sum())
    return tuple(loads)


def length_shape(folder: Path) -> NDArray[np.float64]:
    """Lengths of answers relative to their median (Azure, conversation and code), sorted."""
    tokens = np.sort(_column(folder, "trace_azure_llm_2023", ["output_tokens"])["output_tokens"].astype(np.float64))
    return tokens / np.median(tokens)


def ranges(folder: Path) -> dict[str, list[tuple[int, int]]]:
    """Address ranges of clouds, hosting and VPNs: first address and size, in an order of no meaning."""
    listed = _column(folder, "ip_reputation_ranges", ["cidr", "kind"])
    found: dict[str, list[tuple[int, int]]] = {}
    for kind, sources in _KINDS.items():
        rows = np.flatnonzero(np.isin(listed["kind"].astype(str), sources))
        nets = [ipaddress.ip_network(str(listed["cidr"][row]), strict=False) for row in rows]
        wide = [(int(net.network_address), net.num_addresses) for net in nets if net.version == 4 and net.num_addresses >= 8]
        order = np.argsort(mix(np.array([base for base, _ in wide]), 4), kind="stable")
        found[kind] = [wide[n] for n in order[:16]]
    return found


def handshakes(folder: Path) -> list[str]:
    """JA4 fingerprints of TLS 1.3 over TCP that look real, without repetition."""
    return list(dict.fromkeys(row["ja4"] for row in read_rows(folder, "ja4_examples") if row["ja4"].startswith("t13")))
