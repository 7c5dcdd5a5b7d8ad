"""tmp"""

from stillhunt.features.cues import Label

ELICITATION = (Label("elicit_reasoning", "x", -4.0, ((3.0, "step by step; chain of thought"), (2.0, "逐步推理"))),)
