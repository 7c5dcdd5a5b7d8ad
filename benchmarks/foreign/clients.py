"""Client programs: what a request says of the software that sent it."""

from dataclasses import dataclass, replace

import numpy as np

Rng = np.random.Generator

# TLS fingerprints (JA4) from the corpus' list of examples, by the library that makes them.
_JA4 = {
    "chrome": ("t13d1516h2_8daaf6152771_02713d6af862", "t13d1517h2_8daaf6152771_b0da82dd1658"),
    "firefox": ("t13d1715h2_5b57614c22b0_7121afd63204", "t13d1715h2_5b57614c22b0_3d5424432f57"),
    "safari": ("t13d2014h2_a09f3c656075_14788d8d241b",),
    "python": ("t13d181000_85036bcba153_d41ae481755e", "t13d4312h1_c7886603b240_b26ce05bbdd6"),
    "node": ("t13d1516h1_8daaf6152771_e5627efa2ab1", "t13d151699_8daaf6152771_e5627efa2ab1"),
    "go": ("t13d190900_9dc949149365_97f8aa674fd9", "t13d191000_9dc949149365_e7c285222651"),
    "curl": ("t13d2613h2_2802a3db6c62_845d286b0d67",),
}
_PYTHON_SDK = ("0.71.0", "0.74.1", "0.77.0", "0.79.0", "0.83.0", "0.84.0", "0.84.1")
_NODE_SDK = ("0.60.0", "0.62.0", "0.65.0", "0.67.1", "0.70.1")
_OS = ("Linux", "MacOS", "Windows")


@dataclass(frozen=True)
class Client:
    """One installation of one program."""

    user_agent: str
    headers: tuple[tuple[str, str], ...]
    ja4: str
    stream: bool
    family: str

    def columns(self) -> dict[str, object]:
        """Return what a request of this client shows, by column."""
        return {"user_agent": self.user_agent, "headers": self.headers, "ja4": self.ja4, "stream": self.stream}


def _pick(rng: Rng, options: tuple[str, ...], lean: float = 0.0) -> str:
    """Pick one; a positive `lean` favours the last ones, as releases do."""
    weight = np.exp(lean * np.arange(len(options)))
    return options[int(rng.choice(len(options), p=weight / weight.sum()))]


def browser(rng: Rng) -> Client:
    """A person in the provider's web console or a chat front end."""
    kind = _pick(rng, ("firefox", "safari", "chrome"), 0.8)
    version = int(rng.integers(128, 146))
    system = _pick(rng, ("X11; Linux x86_64", "Macintosh; Intel Mac OS X 10_15_7", "Windows NT 10.0; Win64; x64"), 0.6)
    agents = {
        "chrome": f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36",
        "firefox": f"Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0",
        "safari": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        f"Version/{17 + version % 2}.{version % 6} Safari/605.1.15",
    }
    language = _pick(
        rng, ("de-DE,de;q=0.9", "fr-FR,fr;q=0.8", "es-ES,es;q=0.9", "en-GB,en;q=0.9", "en-US,en;q=0.9"), 0.5
    )
    headers = (("accept", "text/event-stream"), ("accept-language", language))
    return Client(agents[kind], headers, _pick(rng, _JA4[kind]), stream=True, family=kind)


def python_sdk(rng: Rng, system: str | None = None) -> Client:
    """A script on the Python SDK."""
    version, runtime = (
        _pick(rng, _PYTHON_SDK, 0.35),
        _pick(rng, ("3.9.18", "3.10.14", "3.11.9", "3.12.4", "3.13.1"), 0.2),
    )
    return _sdk(rng, "Python", version, f"CPython {runtime}", system)


def node_sdk(rng: Rng, system: str | None = None) -> Client:
    """A service on the Node SDK."""
    version, runtime = _pick(rng, _NODE_SDK, 0.35), _pick(rng, ("v18.20.4", "v20.17.0", "v20.19.2", "v22.14.0"), 0.2)
    return _sdk(rng, "JS", version, f"node {runtime}", system)


def _sdk(rng: Rng, language: str, version: str, runtime: str, system: str | None) -> Client:
    system, family = system or _pick(rng, _OS), "node" if language == "JS" else "python"
    name, number = runtime.split(" ")
    headers = (
        ("accept", "application/json"),
        ("x-stainless-arch", "arm64" if system == "MacOS" else "x64"),
        ("x-stainless-lang", language.lower()),
        ("x-stainless-os", system),
        ("x-stainless-package-version", version),
        ("x-stainless-retry-count", "0"),
        ("x-stainless-runtime", name),
        ("x-stainless-runtime-version", number),
    )
    return Client(f"ModelClient/{language} {version}", headers, _pick(rng, _JA4[family]), stream=False, family=family)


def plain_http(rng: Rng) -> Client:
    """A program that speaks HTTP without an SDK."""
    family = _pick(rng, ("curl", "go", "python"))
    agents = {
        "curl": f"curl/8.{rng.integers(4, 12)}.0",
        "go": f"Go-http-client/{_pick(rng, ('1.1', '2.0'))}",
        "python": _pick(
            rng, ("python-requests/2.31.0", "python-requests/2.32.3", "aiohttp/3.9.5", "python-httpx/0.27.2")
        ),
    }
    headers = (("accept", "*/*"),)
    return Client(agents[family], headers, _pick(rng, _JA4[family]), stream=False, family=family)


def coding_agent(rng: Rng) -> Client:
    """A person's coding agent in a terminal or editor."""
    base = node_sdk(rng)
    version = f"{rng.integers(1, 3)}.{rng.integers(0, 12)}.{rng.integers(0, 30)}"
    return replace(base, user_agent=f"code-agent/{version} (external, cli)", stream=True)


def of_a_person(rng: Rng) -> Client:
    """Whatever a person happens to use."""
    maker = (browser, coding_agent, python_sdk, node_sdk, plain_http)
    return maker[int(rng.choice(5, p=[0.52, 0.17, 0.17, 0.07, 0.07]))](rng)


def of_a_service(rng: Rng) -> Client:
    """Whatever a back end happens to use."""
    chance = rng.uniform()
    return python_sdk(rng, "Linux") if chance < 0.55 else node_sdk(rng, "Linux") if chance < 0.8 else plain_http(rng)
