// The widget in a real browser against a real host: `node test.mjs`, with Debian's Chromium.
//
// The environment says where the host is: `TRUNKLINE_URL`, `TRUNKLINE_TOKEN` of its API, `TRUNKLINE_CONNECTION`. The connection has
// the `identity_secret` below, and the site `http://127.0.0.1:8971` among its `origins`. A line a check, as in TAP; ends with 1
// where one fails.

import { createHmac, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const need = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`\`${name}\` is not set`);
  return value;
};
const HOST = need("TRUNKLINE_URL").replace(/\/$/, "");
const TOKEN = need("TRUNKLINE_TOKEN");
const CONNECTION = need("TRUNKLINE_CONNECTION");
const PORT = Number(process.env.TRUNKLINE_PAGE_PORT || 8971);
const SECRET = process.env.TRUNKLINE_IDENTITY_SECRET || "identity-secret-of-the-tests-0123456789";
const BROWSER = process.env.TRUNKLINE_CHROMIUM || "/usr/bin/chromium";
const PATIENCE = 20_000;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

// --- The host's API

const api = async (method, path, body) => {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const response = await fetch(HOST + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
};
const events = async (kind) =>
  (await api("GET", `/v1/events?connection=${CONNECTION}&kind=${kind}&order=newest&limit=200`)).events;
const found = async (what, look) => {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const result = await look();
    if (result) return result;
  }
  throw new Error(`not found: ${what}`);
};
const received = (text) =>
  found(`an event with \`${text}\``, async () =>
    (await events("message")).find((event) => JSON.stringify(event.data ?? event).includes(JSON.stringify(text).slice(1, -1))));
const reply = (conversation, parts) => api("POST", "/v1/messages", { conversation, parts });

const proof = (sub) => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub, name: "Ana", iat: now, exp: now + 600 })}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
};

// --- The site, with a policy that allows the widget what it needs and nothing else

const site = createServer((_, response) => {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.setHeader(
    "content-security-policy",
    `default-src 'none'; script-src ${HOST}; connect-src ${HOST}; img-src https: ${HOST}; require-trusted-types-for 'script'`,
  );
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><main><h1>Shop</h1>
    <p>Things to buy.</p></main><script src="${HOST}/pages/${CONNECTION}/chat.js" defer></script></html>`);
});
await new Promise((resolve) => site.listen(PORT, "127.0.0.1", resolve));
const SITE = `http://127.0.0.1:${PORT}/`;

// --- Checks

let checks = 0;
let failures = 0;
const check = async (name, run) => {
  checks += 1;
  try {
    const held = await run();
    if (held === false) throw new Error("it does not hold");
    console.log(`ok ${checks} - ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`not ok ${checks} - ${name}\n# ${String(error.message).split("\n").slice(0, 12).join("\n# ")}`);
  }
};

const profile = await mkdtemp(join(tmpdir(), "webchat-"));
const context = await chromium.launchPersistentContext(profile, { executablePath: BROWSER, headless: true, args: FLAGS });
// Files are at the host's public address, which need not be this one.
await context.route(
  (url) => url.pathname.startsWith("/files/"),
  async (route) => {
    const { pathname, search } = new URL(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: HOST + pathname + search }) });
  },
);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const page = context.pages()[0] ?? (await context.newPage());
const problems = [];
for (const event of ["pageerror", "crash"]) page.on(event, (error) => problems.push(`${event}: ${error?.message ?? ""}`));
page.on("console", (line) => {
  if (line.type() === "error" && !/ERR_INTERNET_DISCONNECTED|status of 413/.test(line.text())) problems.push(line.text());
});
page.setDefaultTimeout(PATIENCE);

const launcher = (tab) => tab.locator(".launcher");
const log = (tab) => tab.getByRole("log");
const field = (tab) => tab.getByRole("textbox", { name: "Write a message" });
const focused = (tab) =>
  tab.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return `${element?.localName}.${element?.className}`;
  });
const shown = (tab, text) => log(tab).getByText(text, { exact: true }).waitFor();
const bodies = (tab) => tab.locator(".message .body").allInnerTexts();
const accessible = async (tab) => {
  await tab.evaluate(axe);
  const { violations } = await tab.evaluate(() =>
    globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  if (told.length > 0) throw new Error(told.join("\n"));
};

const mark = randomBytes(4).toString("hex");
const markup = `<img src=x onerror="window.hacked=1"> ${mark} [a](javascript:window.hacked=1)`;
let conversation;

await page.goto(SITE);
await check("nothing is asked and kept before somebody opens the chat", async () => {
  await launcher(page).waitFor();
  return page.evaluate(() => localStorage.length === 0);
});
await check("the closed widget has no violations of accessibility", () => accessible(page));
await check("it is opened by keyboard, and the focus goes in", async () => {
  for (let tries = 0; tries < 5 && (await focused(page)) !== "button.launcher"; tries += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  const expanded = await launcher(page).getAttribute("aria-expanded");
  return (await focused(page)) === "textarea." && expanded === "true";
});
await check("Escape closes it, and the focus comes back", async () => {
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  return (await focused(page)) === "button.launcher";
});
await page.keyboard.press("Enter");
await check("a message becomes an event", async () => {
  await page.keyboard.type(markup);
  await page.keyboard.press("Enter");
  conversation = (await received(markup)).subject;
  await found("the message without a state", async () => (await page.locator(".state").count()) === 0);
  return (await field(page).inputValue()) === "";
});
await check("the answer appears without a reload", async () => {
  await reply(conversation, [{ text: `Hello ${mark}, see https://example.org/a?b=1.` }, { text: `<script>window.hacked=1</script>` }]);
  await log(page).getByText(`Hello ${mark}`).waitFor();
});
await check("a link leads to a new tab and tells nothing", async () => {
  const link = log(page).getByRole("link", { name: "https://example.org/a?b=1" });
  return (await link.getAttribute("rel")) === "noopener noreferrer nofollow" && (await link.getAttribute("target")) === "_blank";
});
await check("what was read is told", () => found("a watermark", async () => (await events("watermark")).length > 0));
await check("that somebody writes is told", () => found("typing", async () => (await events("typing")).length > 0));
await check("a choice is pressed by keyboard", async () => {
  const terms = { id: "", title: "Terms", url: "https://example.org" };
  const options = [{ id: `yes-${mark}`, title: "Yes, please" }, { id: "no", title: "No" }, terms];
  await reply(conversation, [{ choices: { text: `Sure ${mark}?`, options } }]);
  const button = page.getByRole("button", { name: "Yes, please" });
  await button.focus();
  await page.keyboard.press("Enter");
  await received(`yes-${mark}`);
  await found("a pressed button", async () => (await button.getAttribute("aria-pressed")) === "true");
  return (await page.getByRole("button", { name: "No", exact: true }).getAttribute("aria-disabled")) === "true";
});
await check("a picture is sent and shown", async () => {
  const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const file = { name: `${mark}.png`, mimeType: "image/png", buffer: Buffer.from(pixel, "base64") };
  await page.locator("input[type=file]").setInputFiles(file);
  await received(`${mark}.png`);
  const picture = page.getByRole("img", { name: `${mark}.png` });
  await picture.waitFor();
  return found("its bytes", () => picture.evaluate((image) => image.complete && image.naturalWidth === 1));
});
await check("the open widget has no violations of accessibility", () => accessible(page));
await check("a message waits while there is no connection", async () => {
  await context.setOffline(true);
  await field(page).fill(`Later ${mark}`);
  await page.keyboard.press("Enter");
  await page.getByText("Sending…").waitFor();
  await context.setOffline(false);
  await received(`Later ${mark}`);
  await page.getByText("Sending…").waitFor({ state: "hidden" });
});
await check("what is refused says so, and is sent again by a button", async () => {
  const refusal = { status: 413, headers: { "access-control-allow-origin": SITE.slice(0, -1) }, body: "{}" };
  await page.route("**/hooks/**", (route) => route.fulfill(refusal));
  await field(page).fill(`Once more ${mark}`);
  await page.keyboard.press("Enter");
  const again = page.getByRole("button", { name: "Try again" });
  await again.waitFor();
  await accessible(page);
  await page.unroute("**/hooks/**");
  await again.press("Enter");
  await received(`Once more ${mark}`);
  await again.waitFor({ state: "hidden" });
});
await check("a file is sent by pasting it", async () => {
  await field(page).evaluate((area, name) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File(["pasted"], name, { type: "text/plain" }));
    area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, `${mark}.txt`);
  await received(`${mark}.txt`);
  await log(page).getByRole("link", { name: `${mark}.txt` }).waitFor();
});
await check("and the stream goes on", async () => {
  await reply(conversation, [{ text: `Back ${mark}` }]);
  await shown(page, `Back ${mark}`);
});
const before = (await bodies(page)).sort();
await check("after a reload everything is there again", async () => {
  await page.reload();
  await launcher(page).click();
  await shown(page, `Back ${mark}`);
  const after = (await bodies(page)).sort();
  if (JSON.stringify(after) !== JSON.stringify(before)) throw new Error(`${JSON.stringify(before)}\n${JSON.stringify(after)}`);
});
const second = await context.newPage();
second.setDefaultTimeout(PATIENCE);
await second.goto(SITE);
await check("another tab has the same conversation, and both are told of what is new", async () => {
  await launcher(second).click();
  await shown(second, `Back ${mark}`);
  await field(second).fill(`From the other tab ${mark}`);
  await second.keyboard.press("Enter");
  await shown(page, `From the other tab ${mark}`);
  await reply(conversation, [{ text: `To both ${mark}` }]);
  await Promise.all([shown(page, `To both ${mark}`), shown(second, `To both ${mark}`)]);
});
await check("nothing appears twice", async () => {
  for (const tab of [page, second]) {
    const texts = await bodies(tab);
    const twice = texts.filter((text, index) => text !== "" && texts.indexOf(text) !== index);
    if (twice.length > 0) throw new Error(JSON.stringify(twice));
  }
});
await check("markup stays text", async () => {
  await shown(page, markup);
  await shown(page, "<script>window.hacked=1</script>");
  const images = await page.locator(".message img").count();
  return (await page.evaluate(() => window.hacked)) === undefined && images === 1;
});
await check("what comes while it is closed is counted, in the button's name, too", async () => {
  await second.close();
  await page.bringToFront();
  await page.getByRole("button", { name: "Close chat" }).first().click();
  await reply(conversation, [{ text: `Unread ${mark}` }]);
  await page.getByRole("button", { name: "Open chat, 1 new message" }).waitFor();
  await page.getByText("1 new message").first().waitFor({ state: "attached" });
  await launcher(page).click();
  await page.locator(".badge").waitFor({ state: "hidden" });
});
await check("somebody who is named is another contact", async () => {
  if (!(await page.evaluate((token) => window.trunklineChat.identify(token), proof(`u-${mark}`)))) throw new Error("refused");
  await field(page).fill(`It is me ${mark}`);
  await page.keyboard.press("Enter");
  const event = await received(`It is me ${mark}`);
  await reply(event.subject, [{ text: `Welcome ${mark}` }]);
  await shown(page, `Welcome ${mark}`);
  await found("the identity", async () => JSON.stringify(await events("identity")).includes(`user:u-${mark}`));
  return JSON.stringify(event).includes(`user:u-${mark}`);
});
await check("who signs the proof himself stays who he was", async () => {
  const forged = proof(`boss-${mark}`).replace(/.$/, (letter) => (letter === "A" ? "Q" : "A"));
  return (await page.evaluate((token) => window.trunklineChat.identify(token), forged)) === false;
});
await check("after logging out nothing is left", async () => {
  await page.evaluate(() => window.trunklineChat.logout());
  await found("an empty log", async () => !(await log(page).innerText()).includes(mark));
  const kept = await page.evaluate(() => Object.values({ ...localStorage }).join());
  if (kept.includes("token")) throw new Error(kept);
  await page.reload();
  await launcher(page).click();
  await field(page).fill(`Somebody new ${mark}`);
  await page.keyboard.press("Enter");
  const event = await received(`Somebody new ${mark}`);
  return event.subject !== conversation && !JSON.stringify(event).includes(`user:`);
});
await check("where the browser keeps nothing it works all the same", async () => {
  const other = await context.newPage();
  await other.addInitScript(() => {
    for (const name of ["getItem", "setItem"]) Storage.prototype[name] = () => { throw new DOMException("no", "SecurityError"); };
  });
  await other.goto(SITE);
  await launcher(other).click();
  await field(other).fill(`Forgetful ${mark}`);
  await other.keyboard.press("Enter");
  const event = await received(`Forgetful ${mark}`);
  await reply(event.subject, [{ html: `<p>Never <b>mind</b> ${mark}</p>` }]);
  await shown(other, `Never mind ${mark}`);
  await other.close();
});
await check("whoever wants less motion has none", async () => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  return page.getByRole("dialog").evaluate((panel) => getComputedStyle(panel).animationName === "none");
});
await check("the browser has nothing to complain of", () => {
  // The forged proof is refused, as it should be: the browser says so.
  const others = problems.filter((problem) => !/status of 401/.test(problem));
  if (others.length > 0) throw new Error(others.join("\n"));
});

console.log(`1..${checks}`);
await context.close();
site.close();
await rm(profile, { recursive: true, force: true });
process.exit(failures > 0 ? 1 : 0);
