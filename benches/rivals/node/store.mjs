// Where webhooks are kept: a SQLite database.

import { join } from "node:path";
import Database from "better-sqlite3";

/**
 * Opens the database in a folder. Gives the function that keeps a webhook, of the ids of its events and its body; it is on
 * disk when the promise is fulfilled.
 *
 * Each webhook is a transaction of its own; with `shared`, those that arrive while another is written share one.
 */
export function open(folder, { shared = false } = {}) {
  const database = new Database(join(folder, "webhooks.db"));
  database.pragma("journal_mode = WAL");
  // The library's own default in that mode is NORMAL, which loses the last commits in a power cut.
  database.pragma("synchronous = FULL");
  database.exec(
    `CREATE TABLE IF NOT EXISTS webhooks (
      event_id TEXT PRIMARY KEY,
      body BLOB NOT NULL,
      received_at INTEGER NOT NULL
    ) STRICT`,
  );
  process.on("exit", () => database.close());
  const insert = database.prepare("INSERT INTO webhooks VALUES (?, ?, ?) ON CONFLICT (event_id) DO NOTHING");
  const keepAll = database.transaction((webhooks) => {
    for (const { ids, body } of webhooks) for (const id of ids) insert.run(id, body, Date.now());
  });
  if (shared) return sharing(keepAll);
  return async (ids, body) => {
    // A statement alone is a transaction too, and cheaper than one that is begun.
    if (ids.length === 1) insert.run(ids[0], body, Date.now());
    else keepAll([{ ids, body }]);
  };
}

/** Keeps all webhooks of one turn of the event loop at its end. */
function sharing(keepAll) {
  let waiting = [];
  const flush = () => {
    const webhooks = waiting;
    waiting = [];
    try {
      keepAll(webhooks);
      for (const { resolve } of webhooks) resolve();
    } catch (error) {
      for (const { reject } of webhooks) reject(error);
    }
  };
  return (ids, body) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ ids, body, resolve, reject });
    });
}
