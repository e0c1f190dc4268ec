"""LINE's webhook with LINE's SDK on FastAPI: verified, parsed, kept, answered."""

import asyncio
import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from linebot.v3 import WebhookParser
from linebot.v3.exceptions import InvalidSignatureError

TABLE = """CREATE TABLE IF NOT EXISTS webhooks (
    event_id TEXT PRIMARY KEY,
    body BLOB NOT NULL,
    received_at INTEGER NOT NULL
) STRICT"""
INSERT = "INSERT INTO webhooks VALUES (?, ?, ?) ON CONFLICT (event_id) DO NOTHING"


def opened(folder: str) -> sqlite3.Connection:
    """The database in a folder. Without an isolation level each statement is a transaction, on disk when it returns."""
    database = sqlite3.connect(os.path.join(folder, "webhooks.db"), isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(TABLE)
    return database


parser = WebhookParser(os.environ["SECRET"])
database = opened(os.environ["FOLDER"])
# SQLite has one writer at a time: one thread for it, so that the event loop verifies and parses while the disk syncs.
writer = ThreadPoolExecutor(max_workers=1)
app = FastAPI(openapi_url=None)


def keep(ids: list[str], body: bytes) -> None:
    """Keeps a webhook: one transaction for all its events."""
    rows = [(event_id, body, int(time.time() * 1000)) for event_id in ids]
    if len(rows) == 1:
        database.execute(INSERT, rows[0])
        return
    with database:
        database.execute("BEGIN")
        database.executemany(INSERT, rows)


@app.post("/hooks/load")
async def webhook(request: Request) -> Response:
    """Answers when the webhook is on disk."""
    body = await request.body()
    try:
        events = parser.parse(body.decode(), request.headers.get("x-line-signature", ""))
    except (InvalidSignatureError, UnicodeDecodeError) as error:
        raise HTTPException(status_code=401) from error
    ids = [event.webhook_event_id for event in events]
    await asyncio.get_running_loop().run_in_executor(writer, keep, ids, body)
    return Response()


if __name__ == "__main__":
    port = int(os.environ["PORT"])
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", access_log=False, log_level="warning")
