"""tmp"""

from stillhunt.features.cues import Label

CAPABILITY = (
    Label("chat", "x", 0.5, ()),
    Label("tool_use", "x", 0.0, ()),
    Label("vision", "x", 0.0, ()),
    Label("coding", "x", 0.0, ((3.0, "python function; write code"), (2.0, "from 1 to 10"))),
)
