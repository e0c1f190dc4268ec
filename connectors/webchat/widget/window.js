// The widget of the web chat, second part: what is shown, and what is done with it.
//
// What people write is text wherever it is shown; no markup is made of it.

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
};

// Web addresses only, and nothing is told to where they lead.
const address = (text) => {
  try {
    const url = new URL(text);
    return ["https:", "http:"].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
};
const link = (url, ...children) => {
  const href = address(url);
  return href ? make("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children) : make("span", {}, ...children);
};
const linked = (text) =>
  text.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])/).map((piece, index) => (index % 2 ? link(piece, piece) : piece));

const render = (part, message) => {
  if (typeof part.text === "string") return make("p", { dir: "auto" }, ...linked(part.text));
  if (part.choice) return make("p", { dir: "auto" }, String(part.choice.title));
  if (part.location) {
    return make("p", { dir: "auto" }, part.location.text ? `${part.location.text}\n` : "", link(part.location.url, words.map));
  }
  if (part.media) return media(part.media);
  if (part.choices) return choices(part.choices, message);
  return undefined;
};

const media = ({ kind, url, name, caption }) => {
  const href = url && address(url);
  const label = caption || name || (kind === "image" ? words.picture : words.file);
  const text = make("p", { dir: "auto" }, href ? link(href, label) : label);
  if (!href) return text;
  const below = caption ? make("p", { dir: "auto" }, caption) : undefined;
  if (kind === "image" || kind === "sticker") {
    // A page's own policy may forbid it: then the link is left.
    const onerror = (event) => event.target.closest("div").replaceWith(text);
    return make("div", {}, link(href, make("img", { src: href, alt: label, loading: "lazy", onerror })), below);
  }
  if (["audio", "voice", "video"].includes(kind)) {
    const tag = kind === "video" ? "video" : "audio";
    return make("div", {}, make(tag, { src: href, controls: true, preload: "none", "aria-label": label }), text);
  }
  return text;
};

const choices = ({ text, options }, message) => {
  const group = make("div", { role: "group", "aria-label": text, class: "choices" });
  for (const { id, title: name, description, url } of options) {
    const small = description ? make("small", {}, description) : undefined;
    if (url) {
      group.append(link(url, name, small));
      continue;
    }
    const onclick = () => {
      if (chosen.has(message.id)) return;
      submit([{ choice: { id, title: name, message: message.id } }], [{ choice: { title: name, message: message.id } }]);
      field.focus();
    };
    group.append(make("button", { type: "button", "data-title": name, onclick }, name, small));
  }
  return make("div", {}, make("p", { dir: "auto" }, ...linked(text)), group);
};

// What was chosen stays chosen: in every tab, and after a reload.
const chosen = new Map();
const choose = (message) => {
  for (const { choice } of message.parts) if (choice?.message) chosen.set(choice.message, choice.title);
  for (const [id, name] of chosen) {
    for (const button of shown.get(id)?.element.querySelectorAll("button[data-title]") || []) {
      button.setAttribute("aria-disabled", "true");
      button.setAttribute("aria-pressed", String(button.dataset.title === name));
    }
  }
};

const shown = new Map();
const show = (message) => {
  const known = shown.get(message.id);
  if (known) {
    // Ours has come back: what the others see of it is what counts.
    if (JSON.stringify(known.parts) !== JSON.stringify(message.parts)) fill(known.element, message);
    known.parts = message.parts;
    choose(known);
    if (known.state) mark(known, "sent");
    return;
  }
  const mine = message.from === "visitor";
  const author = make("span", { class: "unseen" }, `${mine ? words.you : title}: `);
  const when = new Date(message.at);
  const time = message.at
    ? make("time", { datetime: when.toISOString() }, when.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" }))
    : undefined;
  message.element = make("div", { class: mine ? "message mine" : "message" }, author, make("div", { class: "body" }), time);
  shown.set(message.id, message);
  fill(message.element, message);
  const bottom = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  log.append(message.element);
  choose(message);
  if (message.state) mark(message, message.state);
  if (bottom || mine) log.scrollTop = log.scrollHeight;
  if (!mine && (message.at || 0) > (store.read().seen || 0)) unread.add(message.id);
  count();
};

const fill = (element, message) => {
  const parts = message.parts.map((part) => render(part, message)).filter((part) => part !== undefined);
  element.querySelector(".body").replaceChildren(...parts);
};

const mark = (message, state) => {
  message.state = state;
  message.element.querySelector(".state")?.remove();
  if (state === "sent") return;
  const line = make("p", { class: "state" }, state === "pending" ? words.sending : words.failed);
  if (state === "failed") {
    const onclick = () => {
      mark(message, "pending");
      queue.push(message);
      drain();
      field.focus();
    };
    line.append(" ", make("button", { type: "button", onclick }, words.again));
  }
  message.element.append(line);
};

const clear = (keep) => {
  disconnect();
  after = undefined;
  shown.clear();
  chosen.clear();
  unread.clear();
  if (!keep) queue.length = 0;
  log.setAttribute("aria-busy", "true");
  log.replaceChildren(...greeting(), ...queue.map(({ element }) => element));
  for (const message of queue) shown.set(message.id, message);
  count();
};

// Another contact, here or in another tab, is another conversation. What waits to be sent goes along where it is the same person,
// who was unknown until now or whose session was over.
let followed = store.read().contact?.id;
const changed = (keep = false) => {
  const id = store.read().contact?.id;
  if (id === followed) return;
  const first = followed === undefined && shown.size === queue.length;
  followed = id;
  if (!first) clear(keep);
  if (id && (isOpen || !first)) connect();
};

// --- Unread and read

const unread = new Set();
let reading = 0;
const count = () => {
  const number = isOpen ? 0 : unread.size;
  badge.textContent = number > 99 ? "99+" : String(number);
  badge.hidden = number === 0;
  const name = isOpen ? words.close : words.open;
  launcher.setAttribute("aria-label", number ? `${name}, ${fresh(number)}` : name);
  news.textContent = number ? fresh(number) : "";
  if (unread.size > 0 && isOpen && document.visibilityState === "visible") {
    clearTimeout(reading);
    reading = setTimeout(read, 800);
  }
};

const read = () => {
  if (!isOpen || document.visibilityState !== "visible") return;
  const times = [...shown.values()].filter(({ from }) => from !== "visitor").map(({ at }) => at || 0);
  const upTo = Math.max(0, ...times);
  unread.clear();
  count();
  const state = store.read();
  if (upTo > (state.seen || 0)) {
    store.write({ ...state, seen: upTo });
    act({ type: "read", up_to: upTo });
  }
};

// What comes at once is history: nobody wants all of it read aloud.
let settling = 0;
const settle = () => {
  if (log.getAttribute("aria-busy") !== "true") return;
  clearTimeout(settling);
  settling = setTimeout(() => log.setAttribute("aria-busy", "false"), 500);
};

const offline = (is) => (notice.textContent = is ? words.offline : "");
const blocked = (is) => {
  field.disabled = is;
  notice.textContent = is ? words.sign : "";
};

// --- The button and the window

const BUBBLE = "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z";
const CLIP =
  "M16 6v10a4 4 0 0 1-8 0V5a2.5 2.5 0 0 1 5 0v10a1 1 0 0 1-2 0V6H9.5v9a2.5 2.5 0 0 0 5 0V5a4 4 0 0 0-8 0v11a5.5 5.5 0 0 0 11 0V6z";
const CROSS = "M6 4.6L4.6 6l6 6-6 6L6 19.4l6-6 6 6 1.4-1.4-6-6 6-6L18 4.6l-6 6z";
const PLANE = "M3 20l18-8L3 4v6l12 2-12 2z";
const icon = (path) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
};

let isOpen = false;
const open = () => {
  if (isOpen) return;
  isOpen = true;
  panel.hidden = false;
  launcher.setAttribute("aria-expanded", "true");
  field.focus();
  log.scrollTop = log.scrollHeight;
  count();
  connect();
};
const close = () => {
  if (!isOpen) return;
  const inside = root.activeElement;
  if (unread.size > 0) read();
  isOpen = false;
  panel.hidden = true;
  launcher.setAttribute("aria-expanded", "false");
  if (inside) launcher.focus();
  count();
};

const write = () => {
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  submit([{ text }], [{ text }]);
};

const attach = async (files) => {
  for (const file of files) {
    notice.textContent = file.size > FILE_BYTES_MAX ? words.large : "";
    if (file.size > FILE_BYTES_MAX || file.size === 0) continue;
    const data = await new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
      reader.onerror = reject;
      reader.readAsDataURL(file);
    }).catch(() => undefined);
    if (!data) continue;
    submit([{ file: { name: file.name, type: file.type, data } }], [{ media: { kind: "file", name: file.name } }]);
  }
};

const greeting = () => (LOOK.greeting ? [make("div", { class: "message" }, make("p", { dir: "auto" }, LOOK.greeting))] : []);
const badge = make("span", { class: "badge", "aria-hidden": "true", hidden: true });
const launcher = make(
  "button",
  { type: "button", class: "launcher", "aria-expanded": "false", "aria-controls": "panel", onclick: () => (isOpen ? close() : open()) },
  icon(BUBBLE),
  badge,
);
const news = make("div", { role: "status", class: "unseen" });
const log = make("div", {
  role: "log",
  "aria-live": "polite",
  "aria-label": words.log,
  "aria-busy": "true",
  tabindex: "0",
  class: "log",
});
log.append(...greeting());
const notice = make("p", { role: "status", class: "notice" });
const field = make("textarea", {
  rows: "2",
  dir: "auto",
  maxlength: String(TEXT_CHARS_MAX),
  placeholder: words.write,
  "aria-label": words.write,
  oninput: () => typing(field.value !== ""),
  onkeydown: (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    write();
  },
  onpaste: (event) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    attach([...event.clipboardData.files]);
  },
});
const chooser = make("input", { type: "file", multiple: true, hidden: true, "aria-label": words.attach });
chooser.addEventListener("change", () => {
  attach([...chooser.files]);
  chooser.value = "";
  field.focus();
});
const form = make(
  "form",
  { onsubmit: (event) => (event.preventDefault(), write(), field.focus()) },
  chooser,
  make(
    "button",
    { type: "button", class: "icon", "aria-label": words.attach, onclick: () => chooser.click() },
    icon(CLIP),
  ),
  field,
  make("button", { class: "icon", "aria-label": words.send }, icon(PLANE)),
);
const shut = make("button", { type: "button", class: "icon", "aria-label": words.close, onclick: close }, icon(CROSS));
const panel = make(
  "section",
  { id: "panel", role: "dialog", "aria-labelledby": "title", hidden: true },
  make("header", {}, make("h2", { id: "title", dir: "auto" }, title), shut),
  log,
  notice,
  form,
);
panel.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.stopPropagation();
  close();
});

const luminance = (color) => {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const color = /^#[0-9a-f]{6}$/i.test(LOOK.color) ? LOOK.color : "#1f5fbf";
// Of black and white, the one that stands out more: 4.5 to 1 at least, whatever the colour is.
const contrast = (luminance(color) + 0.05) ** 2 > 1.05 * 0.05 ? "#000000" : "#ffffff";
const side = LOOK.position === "left" ? "left" : "right";

const host = make("div", { lang: language });
const root = host.attachShadow({ mode: "open" });
const style = new CSSStyleSheet();
style.replaceSync(`${STYLE} :host { --color: ${color}; --contrast: ${contrast}; } .launcher, #panel { ${side}: 20px; }`);
root.adoptedStyleSheets = [style];
root.append(launcher, panel, news);
count();

let hiding = 0;
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (document.visibilityState === "hidden") {
    hiding = setTimeout(disconnect, HIDDEN_MAX);
    return;
  }
  if (isOpen || store.read().token) connect();
  for (const wake of [...sleepers]) wake();
  count();
});
addEventListener("online", () => [...sleepers].forEach((wake) => wake()));
addEventListener("storage", (event) => {
  if (event.key !== KEY && event.key !== null) return;
  changed();
  const { seen = 0 } = store.read();
  for (const id of unread) if ((shown.get(id)?.at || 0) <= seen) unread.delete(id);
  count();
});

window.trunklineChat = Object.freeze({
  open,
  close,
  identify: async (proof) => {
    const done = await identify(proof);
    if (done) connect();
    return done;
  },
  logout,
  // What a form of the page has asked: `name`, `email`, `phone`, and whatever else.
  start: (answers) => act({ ...answers, type: "start", page: page() }),
  // What a proof for this browser alone has as `nonce`.
  get sessionId() {
    const state = store.read();
    if (!state.id) store.write({ ...state, id: random(24) });
    return store.read().id;
  },
});

const mount = () => document.body.append(host);
if (document.body) mount();
else addEventListener("DOMContentLoaded", mount);
if (script.dataset.identity) window.trunklineChat.identify(script.dataset.identity);
else if (store.read().token) connect();
