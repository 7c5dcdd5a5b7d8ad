"""Stillhunt itself: the members of the campaigns that the run called, at its default level."""

from rivals.answers import Answer, Answers, Rival
from rivals.world import World
from stillhunt.schema import MEMBERS


def campaigns(world: World) -> Answers:
    """Read what the run called."""
    world.engine.register("members", world.run.table(MEMBERS))
    rows = world.engine.fetch(
        """SELECT m.campaign_id, n.a FROM members m JOIN numbered n ON n.account_id = m.account_id
           ORDER BY m.campaign_id, n.a"""
    )
    names, account = rows["campaign_id"].to_pylist(), rows["a"].to_numpy()
    groups = tuple(account[[name == chosen for name in names]] for chosen in sorted(set(names)))
    return Answers(Answer("default level", groups))


RIVALS = (Rival("Stillhunt", "groups first, then tests; nothing tuned", "text", True, campaigns),)
