// LINE's webhook with LINE's SDK: verified, kept, answered. With `--shared`, webhooks that arrive at once share a commit.

import { LINE_SIGNATURE_HTTP_HEADER_NAME, validateSignature } from "@line/bot-sdk";
import { serve } from "./serve.mjs";
import { open } from "./store.mjs";

const secret = process.env.SECRET;
const keep = open(process.env.FOLDER, { shared: process.argv.includes("--shared") });

serve(async (headers, body) => {
  const signature = headers[LINE_SIGNATURE_HTTP_HEADER_NAME];
  if (!signature || !validateSignature(body, secret, signature)) return { status: 401 };
  const { events } = JSON.parse(body);
  const ids = events.map((event) => event.webhookEventId);
  await keep(ids, body);
  return { status: 200 };
});
