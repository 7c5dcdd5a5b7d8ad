"""What an operator gives its accounts: the address they leave through, the client they show, a device, cards, mail."""

import numpy as np
from numpy.typing import NDArray

from stillhunt.simulate.bans import pool_of
from stillhunt.simulate.clock import DAY, START
from stillhunt.simulate.ids import Hashes, Ints, chance, join, mix, pick
from stillhunt.simulate.infrastructure import VERSIONS, Client
from stillhunt.simulate.operators import Operator
from stillhunt.simulate.plan import Plan, World
from stillhunt.simulate.population import drop_metadata, own_ids


def dealt(operator: Operator, accounts: Ints) -> Ints:
    """Return the numbers by which cards, exits and devices are dealt to accounts: no two pools share any."""
    return accounts + pool_of(operator, accounts) * 1_000_000


def exits(operator: Operator, world: World, accounts: Ints) -> tuple[Hashes, Ints]:
    """Return the exit that each account leaves through, and the network that it stands in."""
    nets = world.networks.of(operator.network)
    exit_id = join(dealt(operator, accounts) // operator.address_reuse, np.full(len(accounts), _salt(operator, world)))
    if operator.network in ("home", "mobile") or operator.address_reuse == 1:
        return exit_id, nets[pick(mix(exit_id, 1), len(nets))]
    return exit_id, nets[pick(mix(exit_id, 1), min(len(nets), 2))]


def equip(operator: Operator, world: World, plan: Plan, ids: Hashes) -> None:
    """Give each call its account's address, client and device."""
    who = plan["account"].astype(np.int64)
    exit_id, network = exits(operator, world, who)
    plan.columns["network"] = network.astype(np.int16)
    plan.columns["address"] = world.networks.address(network, mix(exit_id, 2))
    if operator.header_reuse:
        plan.columns["client"] = _frozen(operator, world, who)
    else:
        line = world.clients.line("sdk", ids[who])
        update = START + chance(mix(ids[who], 73)) * 45 * DAY
        version = pick(mix(ids[who], 72), VERSIONS - 2) + (plan["ts"] > update)
        plan.columns["client"] = (line + version).astype(np.int16)
    if operator.device_reuse:
        salt = np.full(len(who), _salt(operator, world) + np.uint64(1))
        plan.columns["device"] = join(dealt(operator, who) // operator.device_reuse, salt)
    if operator.silent:
        drop_metadata(plan, np.ones(len(plan), dtype=np.bool_))


def _salt(operator: Operator, world: World) -> np.uint64:
    salt: np.uint64 = own_ids(f"{operator.name}/infrastructure", world.seed, 1)[0]
    return salt


def _frozen(operator: Operator, world: World, who: Ints) -> NDArray[np.int16]:
    """Return the relay's clients: a Node handshake, and headers that it saw once and never renewed."""
    node = world.clients.rows[int(world.clients.line("sdk", mix(1, 1))[0])].ja4
    blocks = int(who.max(initial=0)) // operator.header_reuse + 1
    rows = []
    for block in range(blocks):
        tag = int(mix(block, sum(operator.name.encode()))[0])
        version = f"0.{30 + tag % 40}.{tag // 64 % 4}"
        headers = (
            ("x-app", "cli"),
            ("x-stainless-arch", "x64"),
            ("x-stainless-lang", "js"),
            ("x-stainless-os", "Linux"),
            ("x-stainless-package-version", version),
            ("x-stainless-runtime-version", f"v20.{tag // 256 % 18}.1"),
        )
        rows.append(world.clients.add(Client(node, f"openhelm-cli/1.0.{tag // 4096 % 90} (external, cli)", headers)))
    return np.array(rows, dtype=np.int16)[who // operator.header_reuse]
