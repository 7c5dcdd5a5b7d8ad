"""Programs are named, and what changes with each request does not change the header tuple."""

import pyarrow as pa
import pytest

from stillhunt.features.client import client_name, header_tuples, tools_keys

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("python-requests/2.31.0", "python-requests/2"),
        ("OpenAI/Python 1.40.0", "openai-python/1"),
        ("AsyncAnthropic/Python 0.34.2", "asyncanthropic-python/0"),
        ("claude-cli/1.0.60 (external, cli)", "claude-cli/1"),
        ("curl/8.5.0", "curl/8"),
        ("Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0", "boto3/1"),
        ("undici", "undici"),
        (CHROME, "chrome/126"),
        (CHROME + " Edg/126.0.0.0", "edge/126"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15", "safari/17"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:127.0) Gecko/20100101 Firefox/127.0", "firefox/127"),
        (
            "Mozilla/5.0 (Macintosh) AppleWebKit/537.36 Cursor/0.42.3 Chrome/122.0 Electron/29.4 Safari/537.36",
            "cursor/0",
        ),
        ("", None),
        ("???", None),
    ],
)
def test_client_name(user_agent, name):
    assert client_name(user_agent) == name


def tuples(*rows):
    headers = pa.array([row[0] for row in rows], pa.map_(pa.string(), pa.string()))
    return header_tuples(headers, pa.array([row[1] for row in rows], pa.string())).to_pylist()


def test_header_tuple_leaves_out_what_changes_with_each_request():
    fixed = [("x-stainless-os", "MacOS"), ("x-stainless-runtime", "node"), ("anthropic-beta", "tools")]
    changing = [
        ("X-Request-Id", "7f"), ("date", "today"), ("x-stainless-retry-count", "1"), ("content-length", "93"),
        ("x-run", "3e1c5c0e-9f1d-4a74-8bb0-0f2f6a2b9f10"), ("x-api-key", "secret"), ("traceparent", "00-1"),
    ]  # fmt: skip
    plain, noisy, other, agent, headers_unknown, nothing = tuples(
        (fixed, "sdk/1"),
        ([*changing, *reversed(fixed)], "sdk/1"),
        ([*fixed[:2], ("anthropic-beta", "files")], "sdk/1"),
        (fixed, "sdk/2"),
        (None, "sdk/1"),
        (None, None),
    )
    assert plain == noisy
    assert len({plain, other, agent, headers_unknown}) == 4
    assert nothing is None


def test_tools_are_a_set():
    keys, counts = tools_keys(pa.array([["b", "a"], ["a", "b"], ["a"], [], None], pa.list_(pa.string())))
    first, second, third, empty, unknown = keys.to_pylist()
    assert first == second != third
    assert empty is unknown is None
    assert counts.to_pylist() == [2, 2, 1, 0, None]
