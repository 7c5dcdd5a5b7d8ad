"""Settings of an Envoy before the model server: they are those of docs/gateways.md."""

import json
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "gateways.md"

NETWORK = "type.googleapis.com/envoy.extensions.filters.network"
MATCHER = {"patterns": [{"exact": n} for n in ("x-account-id", "x-forwarded-for", "user-agent", "x-request-id")]}


def ext_authz(service: int, *, allow: bool) -> dict[str, Any]:
    return {
        "name": "envoy.filters.http.ext_authz",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
            "failure_mode_allow": allow,
            "with_request_body": {"max_request_bytes": 100_000, "allow_partial_message": True},
            "allowed_headers": MATCHER,
            "http_service": {
                "server_uri": {"uri": f"http://127.0.0.1:{service}", "cluster": "stillhunt", "timeout": "5s"},
                "path_prefix": "/ext_authz",
                "authorization_response": {
                    "allowed_upstream_headers": {"patterns": [{"exact": "x-stillhunt-action"}]},
                    "allowed_client_headers": {"patterns": [{"exact": n} for n in ("content-type", "retry-after")]},
                },
            },
        },
    }


def ext_proc(*, allow: bool) -> dict[str, Any]:
    return {
        "name": "envoy.filters.http.ext_proc",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
            "failure_mode_allow": allow,
            "message_timeout": "5s",
            "grpc_service": {"envoy_grpc": {"cluster_name": "stillhunt_grpc"}},
            "processing_mode": {
                "request_header_mode": "SEND", "request_body_mode": "BUFFERED_PARTIAL",
                "response_header_mode": "SKIP", "response_body_mode": "NONE",
            },
        },
    }  # fmt: skip


def cleared() -> dict[str, Any]:
    """What takes a client's own x-stillhunt headers out, as the page gives it to be copied."""
    found = re.search(r"<!-- envoy:begin -->\n```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"{PAGE.name} shows no settings between its marks"
    return json.loads(found[1])


def envoy(listen: int, admin: int, model: int, clusters: dict[str, int], asked: dict[str, Any]) -> str:
    """Return Envoy's settings as JSON, which it takes as it takes YAML."""
    router = {
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
    }
    route = {"match": {"prefix": "/"}, "route": {"cluster": "model"}}
    manager = {
        "@type": f"{NETWORK}.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "model_api",
        "use_remote_address": True,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [asked, router],
        **cleared(),
    }
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    listener = {"name": "model_api", "address": _address(listen), "filter_chains": [{"filters": filters}]}
    return json.dumps(
        {
            "admin": {"address": _address(admin)},
            "static_resources": {
                "listeners": [listener],
                "clusters": [_cluster(name, port) for name, port in {"model": model, **clusters}.items()],
            },
        }
    )


def _cluster(name: str, port: int) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _address(port)}}
    told: dict[str, Any] = {
        "name": name, "type": "STATIC", "connect_timeout": "1s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }  # fmt: skip
    if name.endswith("grpc"):
        options = {"explicit_http_config": {"http2_protocol_options": {}}}
        kind = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
        told["typed_extension_protocol_options"] = {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {"@type": kind, **options}
        }
    return told


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
