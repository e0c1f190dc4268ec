// WhatsApp's webhook with the Chat SDK and its WhatsApp adapter, on Hono.

import { parseArgs } from "node:util";
import { createMemoryState } from "@chat-adapter/state-memory";
import { createPostgresState } from "@chat-adapter/state-pg";
import { createWhatsAppAdapter } from "@chat-adapter/whatsapp";
import { serve } from "@hono/node-server";
import { Chat } from "chat";
import { Hono } from "hono";
import pg from "pg";

const { values: options } = parseArgs({
  options: {
    /** `memory` or `postgres` (of `DATABASE_URL`). */
    state: { type: "string", default: "memory" },
    /** Answers when the SDK has done its work, 500 where it could not; otherwise as the SDK does by itself: before it. */
    await: { type: "boolean", default: false },
  },
});

/** More than the 10 of the SDK's own pool: while one connection waits for its commit, others do. */
const CONNECTIONS_MAX = 40;

function state() {
  if (options.state === "memory") return createMemoryState();
  return createPostgresState({ client: new pg.Pool({ connectionString: process.env.DATABASE_URL, max: CONNECTIONS_MAX }) });
}

const bot = new Chat({
  userName: "rival",
  adapters: {
    whatsapp: createWhatsAppAdapter({
      appSecret: process.env.SECRET,
      phoneNumberId: "202020202020202",
      verifyToken: "verify-token-1",
      // Nothing is sent: receiving asks the provider for nothing. Where it did, nobody listens there.
      accessToken: "access-token-1",
      apiUrl: "http://127.0.0.1:9",
    }),
  },
  state: state(),
  logger: "error",
  // By default a message that meets another of its conversation is dropped, which an awaited answer would make a 500.
  ...(options.await && { concurrency: "concurrent" }),
});

let handled = 0;
bot.onDirectMessage(async () => {
  handled += 1;
});

/** The answer once all that the SDK began for this webhook is over. */
async function awaited(request) {
  const tasks = [];
  const answer = await bot.webhooks.whatsapp(request, {
    waitUntil: (task) => tasks.push(task),
    propagateHandlerErrors: true,
  });
  const results = await Promise.allSettled(tasks);
  return results.some(({ status }) => status === "rejected") ? new Response("handler failed", { status: 500 }) : answer;
}

// Before the first webhook: by itself the SDK connects to its state, and makes the tables, when one arrives.
await bot.initialize();

const app = new Hono();
app.post("/hooks/load", ({ req }) => (options.await ? awaited(req.raw) : bot.webhooks.whatsapp(req.raw)));
// How many came so far: where the answer comes first, later than the answers say.
app.get("/handled", (context) => context.text(String(handled)));
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) });
process.on("SIGTERM", () => process.exit(0));
