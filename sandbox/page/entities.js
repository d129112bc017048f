// The entities of a text as elements.

import { make, outward } from "./dom.js";
import { leadsToBot } from "./links.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

/** The text with its entities as nodes; offsets are UTF-16 units, like JavaScript's own. */
export function styled(message, actions) {
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

function link(url, children, actions) {
  if (!leadsToBot(url)) return outward(make("a", "", {}, ...children), url);
  return make("button", "command", { type: "button", onclick: () => actions.follow(url) }, ...children);
}

function wrap(entity, text, children, actions) {
  if (entity.type === "text_link") return link(entity.url, children, actions);
  if (entity.type === "url") return link(text.includes("://") ? text : `http://${text}`, children, actions);
  if (entity.type === "bot_command") {
    return make("button", "command", { type: "button", onclick: () => actions.command(text) }, ...children);
  }
  if (entity.type === "spoiler") {
    const reveal = (event) => event.currentTarget.classList.add("shown");
    return make("span", "spoiler", { tabIndex: 0, role: "button", onclick: reveal, onkeydown: reveal }, ...children);
  }
  return make(TAGS[entity.type] ?? "span", "", {}, ...children);
}
