// Twilio's webhook with Twilio's SDK: verified, kept, answered with no reply.

import { parse } from "node:querystring";
import twilio from "twilio";
import { serve } from "./serve.mjs";
import { open } from "./store.mjs";

const { SECRET: token, URL: url } = process.env;
const keep = open(process.env.FOLDER);
const NO_REPLY = new twilio.twiml.MessagingResponse().toString();

serve(async (headers, body) => {
  const parameters = parse(body.toString());
  const signature = headers["x-twilio-signature"];
  if (!signature || !twilio.validateRequest(token, signature, url, parameters)) return { status: 401 };
  await keep([parameters.MessageSid], body);
  return { status: 200, type: "text/xml", text: NO_REPLY };
});
