"""A second traffic generator, written apart from the product's own simulator.

It builds labelled worlds from a corpus folder of real prompts and traces, the way an outside evaluator would: with its
own choices about clocks, client programs, addresses, organisations, cards and attackers. It imports nothing of the
product, so what is measured on its worlds owes nothing to what the product's simulator believes. Identity is assigned
by the generator, for no public source has users, times and texts together.
"""
