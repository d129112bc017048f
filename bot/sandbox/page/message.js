// One message as elements. Text only ever becomes text nodes, never markup.

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

/** An element with a class, properties and children. */
export function make(tag, className = "", properties = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

/** A colour for a name, the same one each time; the multiplier keeps similar names apart. */
export function paint(element, name) {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 9973;
  element.style.setProperty("--hue", (hash * 137) % 360);
  return element;
}

/** The time of day of a Unix time in seconds. */
export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
}

/** Build a message; `actions` are the page's answers to clicks: tap(message, key), command(text), show(message_id). */
export function buildMessage(message, replied, actions) {
  const bubble = make("div", "bubble");
  if (replied) {
    bubble.append(make("button", "quote", { type: "button", onclick: () => actions.show(replied.message_id) }, replied.text));
  }
  const card = message.link_preview && buildCard(message.link_preview);
  const text = make("div", "text", {}, ...styled(message, actions));
  const edited = message.edits > 0 && message.keyboard.length === 0 ? "edited " : "";
  const meta = make("span", "meta", {}, edited + clock(message.date));
  if (card && message.link_preview.above_text) bubble.append(card, text, meta);
  else if (card) bubble.append(text, card, meta);
  else {
    text.append(meta);
    bubble.append(text);
  }
  const element = make("li", `message ${message.from === "bot" ? "in" : "out"}`, {}, bubble);
  if (message.keyboard.length) element.append(buildKeyboard(message, actions));
  element.id = `message-${message.message_id}`;
  return element;
}

function buildKeyboard(message, actions) {
  const rows = message.keyboard.map((row) => make("div", "", {}, ...row.map((key) => {
    const kind = key.url ? "url" : "";
    const button = make("button", `key ${kind} ${key.style ?? ""}`, { type: "button" }, key.label);
    button.addEventListener("click", () => actions.tap(message, key));
    if (key.callback_data) button.dataset.data = key.callback_data;
    return button;
  })));
  return make("div", "keyboard", { role: "group", ariaLabel: "Buttons of the message" }, ...rows);
}

function buildCard(preview) {
  const frame = paint(make("span", "frame", { ariaHidden: "true" }, initial(preview.title)), preview.title);
  const words = make("span", "", {},
    make("span", "host", {}, preview.host),
    make("span", "title", {}, preview.title),
    make("span", "address", {}, preview.url.replace(/^https?:\/\/(www\.)?/, "")));
  return outward(make("a", `card ${preview.size}`, {}, words, frame), preview.url);
}

/** The first letter or digit of a text, for where a picture would be. */
export function initial(text) {
  return (text.match(/[\p{L}\p{N}]/u)?.[0] ?? "?").toUpperCase();
}

/** The text with its entities as nodes; offsets are UTF-16 units, like JavaScript's own. */
function styled(message, actions) {
  const { text, entities } = message;
  const build = (start, end, inside) => {
    const nodes = [];
    let at = start;
    for (let i = 0; i < inside.length; i++) {
      const entity = inside[i];
      const from = Math.max(entity.offset, at), to = Math.min(entity.offset + entity.length, end);
      if (from >= to) continue;
      const nested = [];
      while (i + 1 < inside.length && inside[i + 1].offset < to) nested.push(inside[++i]);
      if (from > at) nodes.push(text.slice(at, from));
      nodes.push(wrap(entity, text.slice(from, to), build(from, to, nested), actions));
      at = to;
    }
    if (at < end) nodes.push(text.slice(at, end));
    return nodes;
  };
  return build(0, text.length, entities);
}

function wrap(entity, text, children, actions) {
  if (entity.type === "text_link") return outward(make("a", "", {}, ...children), entity.url);
  if (entity.type === "url") return outward(make("a", "", {}, ...children), text.includes("://") ? text : `http://${text}`);
  if (entity.type === "bot_command") {
    return make("button", "command", { type: "button", onclick: () => actions.command(text) }, ...children);
  }
  if (entity.type === "spoiler") {
    const reveal = (event) => event.currentTarget.classList.add("shown");
    return make("span", "spoiler", { tabIndex: 0, role: "button", onclick: reveal, onkeydown: reveal }, ...children);
  }
  return make(TAGS[entity.type] ?? "span", "", {}, ...children);
}

/** Let a link lead out of the page, if it is a link that a browser should follow. */
function outward(link, address) {
  if (/^https?:\/\//i.test(address)) Object.assign(link, { href: address, target: "_blank", rel: "noopener noreferrer" });
  return link;
}
