"""Chat messages of every dialect become the columns of EXCHANGE that tell what was said.

Dialects: OpenAI Chat Completions and Responses, Anthropic Messages, Amazon Bedrock Converse, and the message parts of
the OpenTelemetry GenAI conventions. They differ in a few key names only, so one reader serves all.

A *user turn* is a message of role `user` that holds text or an image of its own: what a tool gave back, which some
dialects send as a user message, is none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stillhunt.ingest.fields import first, items, mapping, text
from stillhunt.ingest.format import Row

REDACTED = "redacted-by-litellm"
"""What LiteLLM writes for text that it was told not to log; as text it would tie all its customers together."""

_IMAGES = {"image", "image_url", "input_image", "computer_screenshot"}
_TOOL_RESULTS = {
    "tool_result", "toolResult", "tool_call_response", "server_tool_call_response", "function_call_output",
    "computer_call_output", "custom_tool_call_output",
}  # fmt: skip
_THOUGHTS = {"thinking", "redacted_thinking", "reasoning", "reasoningContent"}


@dataclass
class Content:
    """What one message holds."""

    texts: list[str] = field(default_factory=list)
    images: int = 0
    tool_images: int = 0
    signatures: list[str] = field(default_factory=list)

    @property
    def text(self) -> str | None:
        """All text, or None if there is none."""
        return "\n".join(self.texts) if self.texts else None


def read_content(content: Any) -> Content:
    """Read the content of a message: text, one block, or a list of blocks."""
    found = Content()
    content = content if isinstance(content, list) else [content]
    for block in content:
        _read_block(block, found)
    return found


def read_request(messages: Any, *system: Any, tools: Any = None) -> Row:
    """Read what a request says.

    Args:
        messages: A list of messages or Responses items, one message, or the prompt as text; anything else is unknown.
        system: System prompts that stand outside the messages, as text or blocks.
        tools: The tools offered; None when the request is known to offer none.

    Returns:
        `system`, `opening`, `prompt`, `turns`, `tools`, `images` and `reasoning_in`; empty if messages are unknown.
    """
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    elif isinstance(messages, dict):
        messages = items(messages.get("messages")) if "messages" in messages else [messages]
    if not isinstance(messages, list) or not messages:
        return {}
    if all(isinstance(message, str) for message in messages):  # the list of prompts of a completion or embedding
        messages = [{"role": "user", "content": message} for message in messages]
    rules = [part for given in system if (part := read_content(given).text)]
    turns: list[str | None] = []
    images = 0
    signatures: list[str] = []
    for message in messages:
        if not isinstance(message, dict):
            continue
        role, said = _read_message(message)
        images += said.images + said.tool_images
        signatures += said.signatures
        if role in {"system", "developer"} and said.text:
            rules.append(said.text)
        elif role == "user" and (said.texts or said.images):
            turns.append(said.text)
    if any(turn == REDACTED for turn in turns):
        return {"turns": len(turns)}
    return {
        "system": "\n".join(rules) if rules else None,
        "opening": turns[0] if len(turns) > 1 and turns[0] != turns[-1] else None,
        "prompt": turns[-1] if turns else None,
        "turns": len(turns),
        "tools": tool_names(tools),
        "images": images,
        "reasoning_in": signatures,
    }


def read_answer(messages: Any) -> Row:
    """Read what was answered: one message, a list of messages or Responses items, or text.

    Returns:
        `response` and `reasoning_out`; empty if the answer is unknown. An answer of tool calls alone has response "".
    """
    if isinstance(messages, str):
        messages = [{"content": messages}]
    elif isinstance(messages, dict):
        messages = [messages]
    if not isinstance(messages, list) or not messages or not all(isinstance(m, dict) for m in messages):
        return {}
    said = [_read_message(message)[1] for message in messages]
    response = "\n".join(part for one in said for part in one.texts)
    if response == REDACTED:
        return {}
    return {"response": response, "reasoning_out": [s for one in said for s in one.signatures]}


def tool_names(tools: Any) -> list[str]:
    """Return the names of tools in any dialect; a built-in tool without a name has its type as name."""
    names = []
    for tool in items(tools):
        tool = mapping(tool)  # noqa: PLW2901  a tool may be JSON text
        named = mapping(first(tool, "function", "toolSpec", "custom")) or tool
        name = text(first(named, "name", "type"))
        if name:
            names.append(name)
    return names


def _read_message(message: Mapping[str, Any]) -> tuple[str | None, Content]:
    """Return the role and content of a message; a Responses item without a role is itself a block of content."""
    role = text(message.get("role"))
    if role is None and message.get("type") not in (None, "message"):
        return None, read_content(message)
    said = read_content(first(message, "content", "parts"))
    for block in items(message.get("thinking_blocks")):  # LiteLLM sets Anthropic's thinking beside the content
        _read_thought(mapping(block), said)
    return role, said


def _read_block(block: Any, found: Content, *, of_tool: bool = False) -> None:
    if isinstance(block, str):
        if not of_tool:
            found.texts.append(block)
        return
    if not isinstance(block, dict):
        return
    kind = block.get("type")
    if not isinstance(kind, str):  # Converse blocks name their kind by their only key
        kind = next(iter(block), "")
    if kind in _IMAGES or block.get("modality") == "image":
        if of_tool:
            found.tool_images += 1
        else:
            found.images += 1
    elif kind in _THOUGHTS:
        _read_thought(block, found)
    elif kind in _TOOL_RESULTS:
        if not of_tool:  # one level is all that any dialect has, and so depth stays bounded
            inner = first(mapping(block.get("toolResult")) or block, "content", "output", "response", "result")
            for part in inner if isinstance(inner, list) else [inner]:
                _read_block(part, found, of_tool=True)
    elif not of_tool and kind in {"text", "input_text", "output_text", "refusal"}:
        said = first(block, "text", "content", "refusal")
        if isinstance(said, str):
            found.texts.append(said)


def _read_thought(block: Mapping[str, Any], found: Content) -> None:
    """Collect what identifies a thinking block: its signature, or the sealed thought itself."""
    converse = mapping(block.get("reasoningContent"))
    for holder in (block, converse, mapping(converse.get("reasoningText"))):
        sealed = first(holder, "signature", "encrypted_content", "data", "redactedContent")
        if isinstance(sealed, str):
            found.signatures.append(sealed)


def joined(parts: Iterable[Any]) -> str:
    """Join the texts among `parts`, as the pieces of a streamed answer are."""
    return "".join(part for part in parts if isinstance(part, str))
