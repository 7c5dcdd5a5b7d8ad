"""Every step and the whole hunt on both engines, over the same logs: the same answer."""

import pyarrow.parquet as pq
import pytest

from engine.alike import assert_same_rows, quality, rows
from stillhunt.runs import RESULTS
from stillhunt.schema import EVIDENCE

pytestmark = pytest.mark.spark

STEPS = {
    "read": ("features_read", "features", "account_keys", "releases"),
    "profiles": ("account_index", "profile"),
    "signals": ("populations", "signal_names", "signal_keys", "shared_keys", "held",
                "signal_found_15"),
    "harvests": (
        "content_keys", "tagged", "tagged_bounds", "sampled", "key_groups", "harvest_ties", "harvest_accounts",
        "harvest_list", "harvest_members", "harvest_requests",
    ),
    "operators": (
        "pair_keys", "pair_counts", "key_pairs", "harvest_ties_of_accounts", "nodes", "infrastructure_edges",
        "node_groups", "operator_ties", "operator_accounts", "operator_list", "operator_members",
    ),
    "groups": ("main_operator", "harvest_parts", "cell_list", "cell_of", "group_list", "group_members",
               "group_requests"),
    "measures": (
        "group_features", "group_items", "organisations_known", "group_people", "group_content", "usual_asking",
        "group_strangers", "group_concentration", "group_rhythm", "group_ties", "group_shared_nodes", "group_covert",
        "group_relayed", "group_keys_held", "group_coordination", "member_conduct", "group_measures", "calls",
        "usual_conduct", "usual_marks", "usual_clock", "group_wholes", "member_marks",
        "group_conduct", "machines_at_work", "group_machines",
    ),
    "campaigns": ("group_requests_bounds", "asked_of",
                  "campaign_groups", "campaign_accounts", "campaign_seeds", "campaign_insiders", "customer_requests"),
    "requests": ("suspect_calls", "candidate_requests", "judged_requests", "unjudged", "account_marks",
                 "decided_requests", "campaign_requests", "campaign_members"),
    "tables": ("operator_names", "account_pools"),
}  # fmt: skip
"""Tables that each step leaves behind."""


@pytest.mark.parametrize("step", STEPS)
def test_a_step_makes_the_same_tables(hunted, step):
    for table in STEPS[step]:
        one, other = (engine.fetch(f'SELECT * FROM "{table}"') for _, engine in hunted.values())
        try:
            assert_same_rows(one, other)
        except AssertionError as error:
            raise AssertionError(f"{table}: {error}") from None


def test_no_table_of_a_step_is_left_out(hunted):
    """But those that are made for one signal or one campaign at a time, and those of the time line."""
    engine = hunted["duckdb"][1]
    made = engine.fetch("SELECT table_name FROM information_schema.tables")["table_name"].to_pylist()
    passing = {"signal_rows", "units", "earlier_units", "gone", "called_before", "held_now", "life", "waves", "heirs"}
    left = {t for t in made if not t.startswith("signal_holds_")} - passing
    assert left - {table for tables in STEPS.values() for table in tables} <= {"delivered_again"}


@pytest.mark.parametrize("table", RESULTS, ids=lambda table: table.name)
def test_the_runs_are_the_same(hunted, table):
    one, other = (run.table(table) for run, _ in hunted.values())
    assert one.schema == other.schema
    assert_same_rows(one, other)


def test_something_was_found_to_be_the_same(hunted):
    run, _ = hunted["spark"]
    assert len(run.campaigns) > 0
    assert len(run.table(EVIDENCE)) > 100
    assert run.info["versions"]["pyspark"]


def test_the_evaluation_is_the_same(world, hunted):
    one, other = (quality(run, world.truth) for run, _ in hunted.values())
    assert one == other


def test_workers_leave_the_same_features_and_the_same_inputs(hunted):
    one, other = (run for run, _ in hunted.values())
    assert rows(pq.read_table([str(f) for f in one.features])) == rows(pq.read_table([str(f) for f in other.features]))
    assert one.info["inputs"] == other.info["inputs"]
    assert one.info["counts"] == other.info["counts"]
