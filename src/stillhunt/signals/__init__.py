"""Signals: the ways in which accounts betray that they belong together, one file each.

A new signal is one file with a value `SIGNAL` and one line in BUILTIN; the contract test and the catalogue take it up.
"""

from stillhunt.signals import (
    address,
    capability_profile,
    conversation_crossing,
    device,
    frozen_header_tuple,
    harness_without_tools,
    header_tuple,
    mail_domain,
    mail_pattern,
    near_duplicate,
    network,
    payment,
    registration_burst,
    release_reaction,
    retry_after_limit,
    rotation,
    same_slots,
    shared_start_stop,
    signature_replay,
    split_work_list,
    template_anchor,
    template_head,
    template_system,
    template_tail,
    tls_client,
)
from stillhunt.signals.base import Signal

BUILTIN: tuple[Signal, ...] = (
    payment.SIGNAL,
    device.SIGNAL,
    address.SIGNAL,
    network.SIGNAL,
    tls_client.SIGNAL,
    header_tuple.SIGNAL,
    frozen_header_tuple.SIGNAL,
    registration_burst.SIGNAL,
    mail_domain.SIGNAL,
    mail_pattern.SIGNAL,
    template_system.SIGNAL,
    template_head.SIGNAL,
    template_tail.SIGNAL,
    template_anchor.SIGNAL,
    near_duplicate.SIGNAL,
    split_work_list.SIGNAL,
    capability_profile.SIGNAL,
    retry_after_limit.SIGNAL,
    rotation.SIGNAL,
    conversation_crossing.SIGNAL,
    signature_replay.SIGNAL,
    harness_without_tools.SIGNAL,
    same_slots.SIGNAL,
    shared_start_stop.SIGNAL,
    release_reaction.SIGNAL,
)
"""Every signal of a run, in the order of the catalogue: infrastructure, content, behaviour."""
