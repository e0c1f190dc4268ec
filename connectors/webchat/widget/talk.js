// The widget of the web chat, first part: who the visitor is, what is sent, and the conversation as a stream.
//
// page.rs makes one script of both parts, in one function, behind `LOOK` (settings of the connection), `WORDS` (words.json) and
// `STYLE` (style.css). README.md says how it is set up.

const script = document.currentScript;
const PAGES = script.src.replace(/\/chat\.js([?#].*)?$/, "");
const HOOKS = PAGES.replace(/\/pages\/([^/]+)$/, "/hooks/$1");
const KEY = `trunkline-chat:${PAGES}`;
const FILE_BYTES_MAX = 8_000_000;
const TEXT_CHARS_MAX = 10_000;
const TRIES_MAX = 6;
const DAY = 86_400_000;
// A stream that says nothing for so long is dead: the host says something every few seconds.
const SILENCE_MAX = 90_000;
// A browser has few connections to one host: tabs that nobody looks at give theirs back.
const HIDDEN_MAX = 60_000;

const spoken = LOOK.language && LOOK.language !== "auto" ? LOOK.language : document.documentElement.lang || navigator.language;
const language = WORDS[String(spoken).slice(0, 2).toLowerCase()] ? String(spoken).slice(0, 2).toLowerCase() : "en";
const words = WORDS[language];
const fresh = (number) => (number === 1 ? words.fresh_one : words.fresh_many.replace("{n}", number > 99 ? "99+" : number));
const title = LOOK.title || "Chat";

// Where the session is kept: for all tabs, or for this page alone where the browser refuses that.
let memory = {};
let isKept = true;
const store = {
  read() {
    try {
      return isKept ? JSON.parse(localStorage.getItem(KEY) || "{}") : memory;
    } catch {
      return memory;
    }
  },
  write(state) {
    memory = state;
    try {
      localStorage.setItem(KEY, JSON.stringify(state));
    } catch {
      isKept = false;
    }
  },
};

const random = (bytes) => {
  const letters = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes)));
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

// A simple request in the sense of CORS: no browser has to ask before.
const post = (url, body, signal) =>
  fetch(url, { method: "POST", body: JSON.stringify(body), credentials: "omit", cache: "no-store", signal });

// --- The session

class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

const ask = async (body) => {
  const response = await post(PAGES, body);
  const answer = await response.json();
  return { ...answer, ok: response.ok, status: response.status };
};

// The last proof that the page gave of who it is. What a proof is: a token, or an id with its hash.
let named;
const proven = (proof) => (typeof proof === "object" ? { user: proof } : { identity: proof });

const begin = async (proof) => {
  let state = store.read();
  const anew = () => {
    state = { id: random(24) };
    store.write(state);
  };
  if (!state.id) anew();
  let answer = await ask({ type: "session", id: state.id, token: state.token, ...proven(proof) });
  if (answer.status === 401 && answer.code === "session" && store.read().id === state.id) {
    // It is over, or of another time: this browser is somebody new, unless the page has said who.
    anew();
    answer = await ask({ type: "session", id: state.id, ...proven(named) });
  }
  // Logged out meanwhile, here or in another tab.
  if (store.read().id !== state.id) throw new Refused("changed");
  if (!answer.ok) throw new Refused(answer.code);
  const { token, expires, contact } = answer;
  store.write({ ...state, token, expires, contact, renewed: Date.now() });
  changed(true);
  return store.read();
};

let beginning = null;
// One question at a time, whoever wants to know.
const renew = () => (beginning ??= begin().finally(() => (beginning = null)));

const session = async () => {
  const state = store.read();
  const good = state.token && state.expires > Date.now() + 60_000 && Date.now() - (state.renewed || 0) < DAY;
  return good ? state : renew();
};

// Whom a proof names: what the page knows already is not asked again.
const subject = (proof) => {
  try {
    return proof.id ?? JSON.parse(atob(proof.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub;
  } catch {
    return undefined;
  }
};

const identify = async (proof) => {
  await beginning?.catch(() => {});
  const before = store.read();
  const wasNamed = before.contact?.identified;
  if (wasNamed && before.contact.id === `user:${subject(proof)}`) {
    named = proof;
    return true;
  }
  // Another person is another browser.
  if (wasNamed) logout();
  try {
    beginning = begin(proof);
    const now = await beginning;
    named = proof;
    if (before.token && !wasNamed) act({ type: "identify", token: now.token, previous: before.token });
    blocked(false);
    return true;
  } catch (error) {
    console.warn(`chat: the identity was refused (${error.code || error.message})`);
    return false;
  } finally {
    beginning = null;
  }
};

const logout = () => {
  named = undefined;
  store.write({});
  changed();
};

// --- What the visitor does

const page = () => ({
  url: location.href,
  title: document.title,
  referrer: document.referrer,
  language: navigator.language,
  time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
});

// What may be lost: whether somebody writes, or has read.
const act = async (action) => {
  try {
    const { token } = await session();
    await post(HOOKS, { token, id: random(12), ...action });
  } catch {
    // The next one tells as much.
  }
};

// Messages go one after the other, each with the same id until it has arrived: what arrives twice is one message.
const queue = [];
let draining = false;
const drain = async () => {
  if (draining) return;
  draining = true;
  while (queue.length > 0) {
    const message = queue[0];
    const arrived = await deliver(message);
    if (queue.includes(message)) queue.splice(queue.indexOf(message), 1);
    // The stream may have told it while the answer was lost.
    mark(message, arrived || message.state === "sent" ? "sent" : "failed");
  }
  draining = false;
};

const deliver = async (message) => {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    if (tries > 0) await pause(backoff(tries));
    // Who wrote it has gone.
    if (!queue.includes(message)) return false;
    try {
      const { token } = await session();
      const response = await post(HOOKS, { token, id: message.id, type: "message", parts: message.given, page: page() });
      if (response.ok) return true;
      if (response.status === 401) await renew();
      else if (response.status < 500 && response.status !== 429) return false;
    } catch (error) {
      if (error instanceof Refused && error.code !== "changed") return false;
      // No connection, or a refusal that the browser may not show us: then the session is to blame.
      if (tries === 0) await renew().catch(() => {});
    }
  }
  return false;
};

// `given` is what is sent, `parts` what is shown of it until it comes back.
const submit = (given, parts) => {
  const message = { id: random(16), from: "visitor", at: Date.now(), parts, given, state: "pending" };
  show(message);
  queue.push(message);
  drain();
  connect();
  typing(false);
};

let typed = 0;
let idle = 0;
const typing = (now) => {
  clearTimeout(idle);
  if (now && Date.now() - typed > 4_000) {
    typed = Date.now();
    act({ type: "typing", state: "started" });
  }
  if (now) idle = setTimeout(() => typing(false), 5_000);
  if (!now && typed) {
    typed = 0;
    act({ type: "typing", state: "stopped" });
  }
};

// --- The conversation as a stream

const sleepers = new Set();
const pause = (milliseconds) =>
  new Promise((resolve) => {
    const wake = () => {
      sleepers.delete(wake);
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    sleepers.add(wake);
  });
const backoff = (tries) => Math.min(30_000, 1_000 * 2 ** tries) * (0.5 + Math.random() / 2);

let stream = null;
let after;
const connect = () => {
  if (stream && !stream.signal.aborted) return;
  stream = new AbortController();
  follow(stream.signal);
};
const disconnect = () => {
  stream?.abort();
  stream = null;
};

const follow = async (signal) => {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const { token } = await session();
      if (signal.aborted) return;
      const response = await post(PAGES, { type: "follow", token, after }, signal);
      if (response.status === 401) await renew();
      if (!response.ok) throw new Refused((await response.json().catch(() => ({}))).code);
      failures = 0;
      offline(false);
      await listen(response.body, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error.code === "identity_required") {
        disconnect();
        blocked(true);
        return;
      }
      failures += 1;
      offline(failures > 1);
    }
    await pause(backoff(failures));
  }
};

const listen = async (body, signal) => {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let watch;
  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => reader.cancel(), SILENCE_MAX);
  };
  let rest = "";
  let event = {};
  settle();
  try {
    for (;;) {
      alive();
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) event = take(line, event);
    }
  } finally {
    clearTimeout(watch);
  }
};

// A line of an event stream: a field, a comment, or the end of an event.
const take = (line, event) => {
  if (line === "") {
    if (event.id) after = event.id;
    if (event.data !== undefined) tell(event.data);
    return {};
  }
  const [, name, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
  if (name === "data") event.data = event.data === undefined ? value || "" : `${event.data}\n${value || ""}`;
  else if (name === "id") event.id = value;
  return event;
};

const tell = (data) => {
  try {
    const message = JSON.parse(data);
    if (message.type === "message" && message.id && Array.isArray(message.parts)) show(message);
  } catch {
    // Of a newer connector, perhaps.
  }
  settle();
};
