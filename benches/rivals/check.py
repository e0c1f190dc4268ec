"""Whether each server of `rivals.toml` does what it is measured for: `python3 check.py [NAME...]` (Python 3.11 or later).

Each gets a genuine webhook twice and a forged one; then it is killed, and its database has to have the one. A server whose
200 does not mean that has to handle it. One line a server; ends with 1 where one failed.
"""

import base64
import hmac
import http.client
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

HERE = Path(__file__).resolve().parent
CONNECTORS = HERE.parent.parent / "connectors"
SECRET = "secret-1"
URL = "https://hooks.example.org/hooks/load"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
START_S_MAX = 60
INSTALL_S_MAX = 900
HANDLED_S_MAX = 10
# What the SDK has kept of a message: that it has seen it, and its text.
MESSAGES_KEPT = """
import pg from "pg";
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
const count = async (query) => Number((await client.query(query, ["%" + process.argv[1] + "%"])).rows[0].count);
const seen = await count("SELECT count(*) FROM chat_state_cache WHERE cache_key LIKE $1");
const texts = await count("SELECT count(*) FROM chat_state_lists WHERE value LIKE $1");
await client.end();
console.log(Math.min(seen, texts));
"""


class Failure(Exception):
    """What a server did, and what was expected."""


class Skip(Exception):
    """What is not to be had on this machine."""


def hmac_base64(algorithm: str, secret: str, data: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), data, algorithm)).decode()


def line(secret: str, body: bytes) -> dict[str, str]:
    return {"content-type": "application/json", "x-line-signature": hmac_base64("sha256", secret, body)}


def whatsapp(secret: str, body: bytes) -> dict[str, str]:
    digest = hmac.digest(secret.encode(), body, "sha256").hex()
    return {"content-type": "application/json", "x-hub-signature-256": f"sha256={digest}"}


def twilio(secret: str, body: bytes) -> dict[str, str]:
    parameters = sorted(parse_qsl(body.decode(), keep_blank_values=True))
    signed = URL + "".join(name + value for name, value in parameters)
    return {"content-type": FORM, "x-twilio-signature": hmac_base64("sha1", secret, signed.encode())}


@dataclass
class Channel:
    case: str
    """A case file of the channel's connector."""
    id: str
    """What the provider calls its one event."""
    headers: Callable[[str, bytes], dict[str, str]]
    """With the signature, of a secret and a body."""


CHANNELS = {
    "line": Channel("sticker", "01JAAAAAAAAAAAAAAAAAAAA017", line),
    "whatsapp": Channel("text", "wamid.AAA111", whatsapp),
    "sms-twilio": Channel("alphanumeric-sender", "SM00000000000000000000000000000001", twilio),
}


def case_body(channel: str, name: str) -> bytes:
    """The body of a webhook, as it is sent."""
    text = (CONNECTORS / channel / "testdata/inbound" / f"{name}.case").read_text()
    head, _, body = text.partition("\n--- expect")[0].partition("\n\n")
    if "@body form" in head:
        return urlencode([tuple(line.split("=", 1)) for line in body.splitlines()]).encode()
    return body.encode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen) -> None:
    """Until it accepts a connection."""
    end = time.monotonic() + START_S_MAX
    while time.monotonic() < end:
        if process.poll() is not None:
            raise Failure(f"it ended with {process.returncode} before it listened")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise Failure(f"it did not listen after {START_S_MAX} s")


def get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def post(port: int, path: str, body: bytes, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def wait_until_handled(port: int) -> None:
    """Until a server that answers first has called its message handler, for the one message once."""
    end = time.monotonic() + HANDLED_S_MAX
    while (seen := get(port, "/handled")) == "0" and time.monotonic() < end:
        time.sleep(0.02)
    expect("messages it handled", seen, "1")


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL that is gone afterwards. Gives its address."""
    server = subprocess.Popen(["node", "postgres.mjs"], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().strip()
        if not address:
            raise Skip(server.stderr.read().strip().splitlines()[0])
        yield address
    finally:
        server.terminate()
        server.wait()


def install(rival: dict) -> None:
    """What its language's package manager fetches; once."""
    folder = HERE / rival["folder"]
    if (folder / rival["installed"]).exists():
        return
    print(f"{rival['name']}: installing", file=sys.stderr)
    done = subprocess.run(rival["install"], cwd=folder, timeout=INSTALL_S_MAX, capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip(f"`{' '.join(rival['install'])}` failed: {done.stderr.strip()}")


def kept(rival: dict, folder: str, database: str | None, id: str) -> int:
    """How often its database has an event."""
    if database is not None:
        command = ["node", "--input-type=module", "--eval", MESSAGES_KEPT, id]
        environment = {**os.environ, "DATABASE_URL": database}
        found = subprocess.run(command, cwd=HERE / rival["folder"], env=environment, capture_output=True, text=True, check=True)
        return int(found.stdout)
    with sqlite3.connect(os.path.join(folder, "webhooks.db")) as connection:
        return connection.execute("SELECT count(*) FROM webhooks WHERE event_id = ?", [id]).fetchone()[0]


def expect(what: str, seen: object, expected: object) -> None:
    if seen != expected:
        raise Failure(f"{what}: `{seen}`, expected `{expected}`")


def talk(rival: dict, server: subprocess.Popen, port: int, channel: Channel) -> None:
    """Sends it a webhook, the same again, and a forged one."""
    body = case_body(rival["channel"], channel.case)
    wait_for(port, server)
    for attempt in ("genuine", "genuine, again"):
        expect(attempt, post(port, rival["path"], body, channel.headers(SECRET, body)), 200)
    expect("forged", post(port, rival["path"], body, channel.headers("another", body)), rival["refuses"])
    expect("unsigned", post(port, rival["path"], body, {"content-type": "text/plain"}), rival["refuses"])


def check(rival: dict) -> str:
    """Gives what a 200 was seen to mean."""
    for program in set(rival["needs"]) - {"postgres"}:
        if shutil.which(program) is None:
            raise Skip(f"needs `{program}`")
    install(rival)
    channel = CHANNELS[rival["channel"]]
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres() if "postgres" in rival["needs"] else nullcontext() as database,
    ):
        given = {"PORT": str(port), "FOLDER": folder, "SECRET": SECRET, "URL": URL, "DATABASE_URL": database or ""}
        server = subprocess.Popen(
            rival["command"], cwd=HERE / rival["folder"], env={**os.environ, **given}, stdout=subprocess.PIPE, text=True
        )
        try:
            talk(rival, server, port, channel)
            if rival["durable"]:
                server.kill()
                server.wait()
                expect("times it is in the database", kept(rival, folder, database, channel.id), 1)
                return "kept"
            wait_until_handled(port)
            return "handled later"
        finally:
            server.kill()
            server.wait()


def main() -> int:
    rivals = tomllib.loads((HERE / "rivals.toml").read_text())["rival"]
    names = sys.argv[1:]
    if unknown := set(names) - {rival["name"] for rival in rivals}:
        sys.exit(f"no server `{unknown.pop()}` in `rivals.toml`")
    failed = 0
    for rival in rivals:
        if names and rival["name"] not in names:
            continue
        try:
            print(f"{rival['name']}: 200, {check(rival)}; {rival['refuses']} forged", flush=True)
        except Skip as reason:
            print(f"{rival['name']}: skipped: {reason}", flush=True)
        except Failure as failure:
            failed += 1
            print(f"{rival['name']}: failed: {failure}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
