"""Holds a running host against its own description: openapi-spec-validator says whether that is one, and schemathesis
makes requests out of it and looks whether the answers are what it promises.

    python openapi.py URL TOKEN SEED

Schemathesis loads this file once more, for `before_call`.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

import schemathesis
from openapi_spec_validator import OpenAPIV31SpecValidator

# Connection of the host that is tested. What is generated never names what exists.
CONNECTION = "support"
CONTACT = "+15005550123"
# By path: ids of what the host has.
KNOWN = "TRUNKLINE_KNOWN_IDS"
ids = {path: itertools.cycle(known) for path, known in json.loads(os.environ.get(KNOWN, "{}")).items()}

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Lets good requests find what they ask for, and good messages and replays come as far as the
    connector."""
    if not case.meta.generation.mode.is_positive:
        return
    if case.operation.path in ids:
        case.path_parameters = {**case.path_parameters, "id": next(ids[case.operation.path])}
    if case.operation.label == "POST /v1/messages" and isinstance(case.body, dict):
        case.body = {**case.body, "connection": CONNECTION, "conversation": None}
        case.body.setdefault("to", CONTACT)
    if case.operation.label == "POST /v1/replays" and isinstance(case.body, dict):
        case.body = {**case.body, "connection": CONNECTION, "since": "7d", "until": None, "host": None}


def get(url, token=None):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def known_ids(url, token):
    base = url.removesuffix("/v1/openapi.json")
    messages = [message["id"] for message in get(f"{base}/v1/messages", token)["messages"]]
    events = [event["id"] for event in get(f"{base}/v1/events", token)["events"]]
    webhooks = [get(f"{base}/v1/events/{event}", token)["webhook"] for event in events]
    return {
        "/v1/events/{id}": events,
        "/v1/webhooks/{id}": webhooks,
        "/v1/messages/{id}": messages,
        "/v1/messages/{id}/retry": messages,
    }


def run(url, token, seed):
    arguments = ["run", url, "--header", f"Authorization: Bearer {token}", "--checks", ",".join(CHECKS)]
    # A stream does not end; nothing that is generated is signed as an edge signs, so all of it would be refused alike.
    arguments += ["--exclude-path-regex", "^/v1/(streams/|ingest$)", "--workers", "1", "--max-examples", "30"]
    arguments += ["--seed", seed, "--generation-database", "none", "--continue-on-failure", "--no-color"]
    folder = os.path.dirname(os.path.abspath(__file__))
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "openapi", "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
    environment[KNOWN] = json.dumps(known_ids(url, token))
    start = "from schemathesis.cli import schemathesis; schemathesis()"
    command = [sys.executable, "-c", start, *arguments]
    # What it notes for itself is not to stay.
    with tempfile.TemporaryDirectory() as notes:
        return subprocess.run(command, cwd=notes, env=environment, timeout=120).returncode


if __name__ == "__main__":
    # The host is on this machine, whatever else goes through a proxy.
    os.environ["NO_PROXY"] = "*"
    OpenAPIV31SpecValidator(get(sys.argv[1])).validate()
    sys.exit(run(*sys.argv[1:]))
