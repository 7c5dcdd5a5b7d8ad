"""One small traffic hunted on both engines, with every table that was made on the way."""

import copy
import os
from contextlib import ExitStack

import pytest

from engine.spark_at_hand import missing, write_settings
from stillhunt import pipeline
from stillhunt.config import Settings
from stillhunt.engine.choose import open_engine
from stillhunt.simulate.simulator import simulate

OPEN = {"duckdb": {"memory": "1GB", "threads": 1}, "spark": {"memory": "1GB", "threads": 2}}


class _Kept:
    """An engine that a hunt does not close."""

    def __init__(self, engine):
        self.engine = engine

    def __enter__(self):
        return self.engine

    def __exit__(self, *error):
        pass


@pytest.fixture(scope="session")
def spark_settings(tmp_path_factory):
    reason = missing()
    if reason:
        pytest.skip(reason)
    return write_settings(tmp_path_factory.mktemp("spark") / "conf")


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A few thousand exchanges with a campaign among them, as Parquet."""
    out = tmp_path_factory.mktemp("engines") / "world"
    return simulate(out, accounts=480, days=2, seed=21, scenario="mixed")


@pytest.fixture(scope="session")
def hunted(world, spark_settings, tmp_path_factory):
    """Per engine the run and the engine, which still knows its tables."""
    folder = tmp_path_factory.mktemp("runs")
    found = {}
    with pytest.MonkeyPatch.context() as patch, ExitStack() as opened:
        patch.setitem(os.environ, "SPARK_CONF_DIR", spark_settings)
        for name, settings in OPEN.items():
            chosen = Settings(engine=name, **settings)
            (folder / f"{name}-work").mkdir()  # the run's own folder must be empty when its hunt begins
            engine = opened.enter_context(open_engine(chosen, folder / f"{name}-work"))
            with pytest.MonkeyPatch.context() as opener:  # ends here: other tests of this session open their own
                opener.setattr(pipeline, "open_engine", lambda *_, engine=engine: _Kept(engine))
                run = pipeline.hunt(
                    [world.logs],
                    accounts=world.accounts_file,
                    releases=world.releases_file,
                    out=folder / name,
                    settings=chosen,
                )
            found[name] = (run, engine)
        yield found


@pytest.fixture
def beside(hunted, tmp_path):
    """The running Spark with no table of the hunt in it, so that none is changed."""
    engine = copy.copy(hunted["spark"][1])
    engine._spark = engine._spark.newSession()
    engine._work, engine._files = tmp_path / "work", {}
    engine._work.mkdir()
    return engine
