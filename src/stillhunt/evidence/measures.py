"""What can be measured of a group, as contrasts with the run's own population where the population sets the scale.

Also makes `member_conduct`: g, a, once (share of the member's requests in the group whose item no other member sends).

Makes `group_measures`: g, layer, accounts, keys, requests, entities, largest_entity (share of members), verified (share
of members), known (whether this provider knows its customers' organisations), conversations (share of requests),
coordination_bits and one column a statistic of evidence.tests. A null statistic is unknown. Statistics are rounded, so
that the order in which an engine adds numbers changes no evidence.

Every statistic is shrunk towards nothing by what it was measured on: a handful of requests may show anything, so what
speaks against a group is what it would show at the least. Only then may groups of all sizes and ages be compared, and
looking at a group every hour while it grows gains nothing by chance.
"""

from stillhunt.engine.base import Engine
from stillhunt.evidence.conduct import list_items, measure_conduct, name_wholes, outside

ELICITATION = (
    "greatest(elicit_reasoning, elicit_grading, elicit_rewriting, elicit_generation, elicit_cleaning, elicit_bypass)"
)
MIN_TIMED = 4
"""Calls of one account in a group below which its clock says nothing."""
PRIOR_REQUESTS = 20
"""Requests of the usual kind that are added to a group's own before their contents are judged."""
CROWD = 2_000
"""Entities in a group above which counts of strangers grow beyond what benign groups of a reference can show."""
BEYOND_USUAL = 2.0
"""Times as many strangers who ask for training material as usual, from which those of a crowd count."""
ELICITS = 0.5
"""Probability from which a request counts as one that asks for training material."""
RANGES = {
    "strangers": (0.0, 8.0),
    "flatness": (0.0, 0.5),
    "balance": (1.0, 6.0),
    "covert": (0.0, 1.0),
    "relayed": (0.0, 1.0),
    "work_list": (0.0, 0.5),
    "conversations": (0.0, 1.0),
    "elicitation": (0.3, 0.8),
}
"""What a statistic is cut to and scaled from 0 to 1 in a conjunction: none makes up for another that is not there."""
MARKS = ("flatness", "balance", "covert", "relayed")
"""What speaks of machines and of one hand behind accounts, whatever they ask."""
KNOWN = 0.01
"""Share of accounts with an organisation, from which a provider knows its customers."""
_HOUR_ANGLE = "2 * pi() * CAST(f.ts % 86400000000 AS DOUBLE) / 86400000000"


def measure_groups(engine: Engine) -> None:
    """Measure every group in `group_list`; reads its members, requests and keys, `features` and `profile`."""
    _calls(engine)
    name_wholes(engine)
    _people(engine)
    _content(engine)
    _strangers(engine)
    _concentration(engine)
    _rhythm(engine)
    _relations(engine)
    _conduct(engine)
    measure_conduct(engine, PRIOR_REQUESTS)
    engine.create(
        "group_measures",
        """SELECT l.g, l.layer, l.keys, l.harvest, l.operator, l.whole, p.accounts, p.entities,
                  p.largest_entity, p.verified, c.requests, coalesce(b.coordination_bits, 0) AS coordination_bits,
                  c.elicitation, k.concentration,
                  c.work_list, c.conversations, h.strangers, o.known, t.flatness, p.balance, v.covert, w.relayed,
                  n.clockwork, n.machine_asked, n.pace
           FROM group_list l JOIN group_people p ON p.g = l.g JOIN group_content c ON c.g = l.g
           LEFT JOIN group_coordination b ON b.g = l.g LEFT JOIN group_strangers h ON h.g = l.g
           CROSS JOIN organisations_known o
           LEFT JOIN group_concentration k ON k.g = l.g LEFT JOIN group_rhythm t ON t.g = l.g
           LEFT JOIN group_covert v ON v.g = l.g LEFT JOIN group_relayed w ON w.g = l.g
           LEFT JOIN group_machines n ON n.g = l.g""",
    )
    marks = " + ".join(f"coalesce({_from_0_to_1(mark)}, 0)" for mark in MARKS)
    engine.create(
        "group_measures",
        f"""SELECT *, round({_from_0_to_1("strangers")} * ({marks}) / {len(MARKS)}, 6) AS marked_strangers,
                   round({_from_0_to_1("work_list")} * ({marks}) / {len(MARKS)}, 6) AS marked_work,
                   round({_from_0_to_1("conversations")} * {_from_0_to_1("covert")} * {_from_0_to_1("relayed")}, 6)
                       AS relayed_people,
                   round(log2(1 + entities * covert) * {_from_0_to_1("elicitation")}, 6) AS secret_asked,
                   round(pace * covert * {_from_0_to_1("elicitation")}, 6) AS fast_asked,
                   round(pace * covert * log2(1 + entities) * {_from_0_to_1("balance")}, 6) AS fast_even
            FROM group_measures""",
    )


def _calls(engine: Engine) -> None:
    """What every call shows, whether it continues a conversation, which calls are a group's, and which items those ask.

    Where a call does not tell its turns, it continues unless it is the first of its conversation.
    """
    engine.create(
        "calls",
        f"""WITH doubtful AS (SELECT conversation FROM features WHERE turns IS NULL AND conversation IS NOT NULL
                              GROUP BY conversation),
                 firsts AS (SELECT exchange_key FROM (
                                SELECT exchange_key, row_number() OVER (PARTITION BY account_key, conversation
                                                                       ORDER BY ts, exchange_key) AS place
                                FROM features WHERE conversation IN (SELECT conversation FROM doubtful)) q
                            WHERE place = 1)
            SELECT f.exchange_key, i.a, f.ts, f.capability, f.prompt_key, f.turns, {ELICITATION} AS elicitation,
                   cos({_HOUR_ANGLE}) AS clock_x, sin({_HOUR_ANGLE}) AS clock_y,
                   CASE WHEN f.turns IS NOT NULL THEN CASE WHEN f.turns > 1 THEN 1 ELSE 0 END
                        WHEN f.conversation IS NOT NULL THEN CASE WHEN s.exchange_key IS NULL THEN 1 ELSE 0 END
                        END AS follows
            FROM features f JOIN account_index i ON i.account_key = f.account_key
            LEFT JOIN firsts s ON s.exchange_key = f.exchange_key""",
    )
    # All that its accounts send is an operator's: numbers of accounts are joined many times as fast as ids of calls.
    shown = "c.exchange_key, c.ts, c.capability, c.prompt_key, c.turns, c.elicitation, c.clock_x, c.clock_y, c.follows"
    engine.create(
        "group_features",
        f"""SELECT m.g, m.a, {shown} FROM group_members m JOIN group_list l ON l.g = m.g JOIN calls c ON c.a = m.a
            WHERE l.layer = 'infrastructure'
            UNION ALL
            SELECT r.g, r.a, {shown} FROM group_requests r JOIN group_list l ON l.g = r.g
            JOIN calls c ON c.exchange_key = r.exchange_key WHERE l.layer = 'content'""",
    )
    list_items(engine)
    engine.create(
        "organisations_known",
        f"SELECT count(org_id) >= {KNOWN} * count(*) AS known FROM profile",
    )


def _from_0_to_1(statistic: str) -> str:
    low, high = RANGES[statistic]
    # An unknown statistic stays unknown; least and greatest alone would skip it.
    return f"""CASE WHEN {statistic} IS NOT NULL
                    THEN least(greatest(({statistic} - {low}) / {high - low}, 0.0), 1.0) END"""


def _shrunk(known: str) -> str:
    """SQL for what is left of a contrast that so many requests were measured for."""
    return f"{known} / ({known} + {PRIOR_REQUESTS}.0)"


def _people(engine: Engine) -> None:
    """Who the members openly are, and how evenly the work is spread over them."""
    engine.create(
        "group_people",
        """WITH m AS (SELECT m.g, m.requests, p.entity, p.verified FROM group_members m
                      JOIN account_index i ON i.a = m.a JOIN profile p ON p.account_id = i.account_id),
                e AS (SELECT g, count(*) AS entities, max(c) AS largest
                      FROM (SELECT g, entity, count(*) AS c FROM m GROUP BY g, entity) q GROUP BY g),
                s AS (SELECT g, count(*) AS accounts, avg(requests) AS mean, var_pop(requests) AS spread,
                             avg(CASE WHEN verified THEN 1.0 ELSE 0.0 END) AS verified FROM m GROUP BY g)
           SELECT s.g, s.accounts, e.entities, CAST(e.largest AS DOUBLE) / s.accounts AS largest_entity, s.verified,
                  -- Spread beyond that of calls dealt at random (Poisson), relative to the mean: a queue deals evenly.
                  -- What so few members with so few calls could hide by chance (one standard error) is added to it.
                  round(-log2((greatest(s.spread - s.mean, 0) + greatest(s.mean, 1) * sqrt(2.0 / s.accounts))
                              / (s.mean * s.mean) + 0.01), 6) AS balance
           FROM s JOIN e ON e.g = s.g""",
    )


def _content(engine: Engine) -> None:
    """How much the requests elicit, and whether they read like a work list: each item by one account only."""
    engine.create(
        "group_content",
        f"""WITH u AS (SELECT g, sum(n) AS known,
                              sum(CASE WHEN alone THEN CAST(n AS DOUBLE) ELSE 0.0 END) / sum(n) AS once
                       FROM group_items GROUP BY g),
                 everyone AS (SELECT prompt_key, min(a) = max(a) AS alone FROM calls
                              WHERE prompt_key IS NOT NULL GROUP BY prompt_key),
                 asked AS (SELECT c.a, avg(CASE WHEN e.alone THEN 1.0 ELSE 0.0 END) AS once
                           FROM calls c JOIN everyone e ON e.prompt_key = c.prompt_key GROUP BY c.a),
                 usual AS (SELECT avg(once) AS once FROM asked),
                 own AS (SELECT a, avg(elicitation) AS elicitation, 1 - avg(follows) AS single FROM calls GROUP BY a),
                 base AS (SELECT avg(elicitation) AS elicitation, avg(single) AS single FROM own)
            SELECT q.g, q.requests, round((q.elicitation - base.elicitation) * {_shrunk("q.texts")}, 6) AS elicitation,
                   -- Where nothing tells whether calls continue a conversation, they are taken to be of the usual kind.
                   round((u.once * coalesce(q.single, base.single, 1) - usual.once * coalesce(base.single, 1))
                         * {_shrunk("u.known")}, 6) AS work_list,
                   round((1 - q.single) * {_shrunk("q.placed")}, 6) AS conversations
            FROM (SELECT g, count(*) AS requests, count(elicitation) AS texts, avg(elicitation) AS elicitation,
                         count(follows) AS placed, 1 - avg(follows) AS single
                  FROM group_features GROUP BY g) q
            CROSS JOIN base CROSS JOIN usual LEFT JOIN u ON u.g = q.g""",
    )


def _strangers(engine: Engine) -> None:
    """Doublings of strangers who each send single questions of their own that ask for training material.

    An entity counts by the share of its requests that do, after two that do not; one organisation counts once. In
    a crowd larger than CROWD none count where they are not BEYOND_USUAL times as many as among so many accounts from
    outside: some always ask so, and no benign group of a reference is as large.
    """
    asks = f"CASE WHEN f.elicitation >= {ELICITS} AND coalesce(f.follows, 0) = 0"
    engine.create(
        "usual_asking",
        f"""WITH own AS (SELECT a, avg({asks} THEN 1.0 ELSE 0.0 END) AS share FROM calls f GROUP BY a),
                 everyone AS (SELECT sum(share) AS asking, count(share) AS asking_n FROM own),
                 inside AS (SELECT m.g, sum(o.share) AS asking, count(o.share) AS asking_n
                            FROM group_members m JOIN own o ON o.a = m.a GROUP BY m.g)
            SELECT l.g, {outside("asking")} AS share
            FROM group_wholes l CROSS JOIN everyone e LEFT JOIN inside o ON o.g = l.whole""",
    )
    engine.create(
        "group_strangers",
        f"""SELECT g, CASE WHEN entities <= {CROWD} OR asking > {BEYOND_USUAL} * usual
                           THEN round(log2(1 + asking), 6) ELSE 0.0 END AS strangers
            FROM (SELECT q.g, count(*) AS entities, sum(q.asking / (q.n + 2)) AS asking,
                         sum(u.share * q.n / (q.n + 2)) AS usual
                  FROM (SELECT f.g, p.entity, count(*) AS n, sum({asks} AND i.alone THEN 1.0 ELSE 0.0 END) AS asking
                        FROM group_features f JOIN group_items i ON i.g = f.g AND i.prompt_key = f.prompt_key
                        JOIN account_index x ON x.a = f.a JOIN profile p ON p.account_id = x.account_id
                        GROUP BY f.g, p.entity) q
                  JOIN usual_asking u ON u.g = q.g GROUP BY q.g) counted""",
    )


def _concentration(engine: Engine) -> None:
    """Bits by which the group's mix of capabilities diverges from the population's (Kullback and Leibler 1951).

    Less what so few requests show by chance (Miller and Madow 1955).
    """
    engine.create(
        "group_concentration",
        f"""WITH counted AS (SELECT a, capability, CAST(count(*) AS DOUBLE) AS n FROM calls
                            WHERE capability IS NOT NULL GROUP BY a, capability),
                 shares AS (SELECT capability, n / sum(n) OVER (PARTITION BY a) AS share FROM counted),
                 p AS (SELECT capability, (sum(share) + 1.0) / (sum(sum(share)) OVER () + 20) AS share FROM shares
                       GROUP BY capability),
                 g AS (SELECT g, capability, count(*) AS n FROM group_features
                       WHERE capability IS NOT NULL GROUP BY g, capability),
                 q AS (SELECT g, sum(n) AS requests, count(*) AS labels FROM g GROUP BY g)
           SELECT g.g, round(greatest(sum(g.n / CAST(q.requests AS DOUBLE) * log2(g.n / (q.requests * p.share)))
                                      - max((q.labels - 1) / (2 * ln(2) * q.requests)), 0)
                             * max({_shrunk("q.requests")}), 6) AS concentration
           FROM g JOIN p ON p.capability = g.capability JOIN q ON q.g = g.g GROUP BY g.g""",
    )


def _rhythm(engine: Engine) -> None:
    """How flat the members' days are against those of the run's accounts: pooled squared resultant, bias removed."""
    pooled = """sum(least(n, 50) * (r2 - n) / (CAST(n AS DOUBLE) * n - n)) / sum(least(n, 50))"""
    engine.create(
        "group_rhythm",
        f"""WITH own AS (SELECT g, a, count(*) AS n, sum(clock_x) * sum(clock_x) + sum(clock_y) * sum(clock_y) AS r2
                         FROM group_features GROUP BY g, a HAVING count(*) >= {MIN_TIMED}),
                 everyone AS (SELECT a, count(*) AS n,
                                     sum(clock_x) * sum(clock_x) + sum(clock_y) * sum(clock_y) AS r2
                              FROM calls GROUP BY a HAVING count(*) >= {MIN_TIMED}),
                 base AS (SELECT {pooled} AS r FROM everyone)
            -- Less one standard error: the squared resultant of n calls without a rhythm strays by about 1 / n.
            SELECT g, round(max(base.r) - {pooled}
                            - sqrt(sum(CAST(least(n, 50) * least(n, 50) AS DOUBLE) / (n * n))) / sum(least(n, 50)), 6)
                          AS flatness
            FROM own CROSS JOIN base GROUP BY g""",
    )


def _relations(engine: Engine) -> None:
    """Ties under the surface: infrastructure shared by strangers, relay software, and how surprising the whole is.

    Shares count from one half up (0.5 gives 0, all give 1): a few infiltrated members say nothing about the group. Two
    members without ties are added.
    """
    engine.create(
        "group_ties",
        """SELECT m.g, e.node, e.a, p.entity, s.family = 'relay' OR coalesce(t.family = 'relay', false) AS relay,
                  s.layer = 'infrastructure' OR coalesce(t.layer = 'infrastructure', false) AS shared
           FROM group_members m JOIN infrastructure_edges e ON e.a = m.a JOIN nodes n ON n.node = e.node
           JOIN shared_keys s ON s.k = n.k1 LEFT JOIN shared_keys t ON t.k = n.k2
           JOIN account_index i ON i.a = m.a JOIN profile p ON p.account_id = i.account_id""",
    )
    engine.create(
        "group_shared_nodes",
        """SELECT g, node FROM group_ties GROUP BY g, node HAVING count(DISTINCT entity) >= 2""",
    )
    known = """SELECT count(*) > 0 FROM shared_keys WHERE layer = 'infrastructure'"""
    for name, condition in (("covert", "t.shared"), ("relayed", "t.relay")):
        engine.create(
            f"group_{name}",
            f"""SELECT p.g, round(greatest(2.0 * coalesce(q.tied, 0) / (p.accounts + 2) - 1, 0), 6) AS {name}
                FROM group_people p LEFT JOIN (
                    SELECT t.g, count(DISTINCT t.a) AS tied FROM group_ties t
                    JOIN group_shared_nodes s ON s.g = t.g AND s.node = t.node WHERE {condition} GROUP BY t.g) q
                ON q.g = p.g WHERE ({known})""",
        )
    # Of the keys that a group was made of: those that its members hold besides are many times as many.
    engine.create(
        "group_keys_held",
        """WITH own AS (SELECT 'infrastructure' AS layer, o.g, n.k1 AS k FROM node_groups n
                        JOIN operator_list o ON o.old = n.old WHERE n.k1 IS NOT NULL
                        UNION
                        SELECT 'infrastructure', o.g, n.k2 FROM node_groups n JOIN operator_list o ON o.old = n.old
                        WHERE n.k2 IS NOT NULL
                        UNION ALL
                        SELECT 'content', l.g, k.k FROM key_groups k JOIN harvest_list l ON l.old = k.g)
           SELECT own.layer, own.g, h.a, h.k FROM own JOIN held h ON h.k = own.k""",
    )
    engine.create(
        "group_coordination",
        """SELECT q.g, round(max((q.members - 1) * log2(CAST(k.population AS DOUBLE) / k.accounts)), 3)
                      AS coordination_bits
           FROM (SELECT m.g, h.k, count(*) AS members FROM group_members m JOIN group_list l ON l.g = m.g
                 JOIN group_keys_held h ON h.layer = l.layer AND h.g = coalesce(l.harvest, l.g) AND h.a = m.a
                 GROUP BY m.g, h.k) q
           JOIN shared_keys k ON k.k = q.k GROUP BY q.g""",
    )


def _conduct(engine: Engine) -> None:
    """How each member takes part: one who sends what the others send too is no worker on a list that is dealt out."""
    engine.create(
        "member_conduct",
        """SELECT f.g, f.a, avg(CASE WHEN i.alone THEN 1.0 ELSE 0.0 END) AS once
           FROM group_features f JOIN group_items i ON i.g = f.g AND i.prompt_key = f.prompt_key GROUP BY f.g, f.a""",
    )
