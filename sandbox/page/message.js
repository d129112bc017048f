// One message as elements.

import { clock, initial, make, paint, walkable } from "./dom.js";
import { styled } from "./entities.js";
import { buildCard, buildFile } from "./files.js";
import { buildPoll } from "./poll.js";
import { inWords, senderName } from "./state.js";

/** Build a message; `actions` are the pane's answers to clicks: tap(message, key), command(text), show(message),
 * vote(message, options), follow(url). Who looks, and whether the sender has to be named, is in the context. */
export function buildMessage(message, replied, actions, { viewer, inGroup, first }) {
  if (message.notice) return make("li", "notice", {}, message.notice);
  const out = message.sender_id === viewer;
  const bubble = make("div", "bubble");
  const named = inGroup && !out;
  const name = senderName(message.sender_id);
  if (named && first) bubble.append(paint(make("b", "author", {}, name), name));
  if (replied) {
    bubble.append(make("button", "quote", { type: "button", onclick: () => actions.show(replied) }, inWords(replied)));
  }
  bubble.append(...content(message, actions));
  const element = make("li", `message ${out ? "out" : "in"}`, {}, bubble);
  if (named) element.classList.add("named");
  if (named && first) element.prepend(message.from === "bot" ? make("img", "avatar small", { src: "icon.svg", alt: "" }) : face(name));
  if (message.poll) element.classList.add("with-poll");
  if (message.file) element.classList.add("with-file");
  if (message.keyboard.length) element.append(buildKeyboard(message, actions));
  element.dataset.messageId = message.message_id;
  return element;
}

const face = (name) => paint(make("span", "avatar small", { ariaHidden: "true" }, initial(name)), name);

function content(message, actions) {
  if (message.poll) {
    const vote = (options) => actions.vote(message, options);
    return [buildPoll(message.poll, vote, clock(message.date))];
  }
  const card = message.link_preview && buildCard(message.link_preview);
  const text = make("div", "text", {}, ...styled(message, actions));
  const edited = message.edits > 0 && message.keyboard.length === 0 ? "edited " : "";
  const meta = make("span", "meta", {}, edited + clock(message.date));
  if (card && message.link_preview.above_text) return [card, text, meta];
  if (card) return [text, card, meta];
  text.append(meta);
  return message.file ? [buildFile(message.file, message.text), text] : [text];
}

function buildKeyboard(message, actions) {
  const rows = message.keyboard.map((row) => make("div", "", {}, ...row.map((key) => {
    const kind = key.url ? "url" : "";
    const button = make("button", `key ${kind} ${key.style ?? ""}`, { type: "button" }, key.label);
    button.addEventListener("click", () => actions.tap(message, key));
    if (key.callback_data) button.dataset.data = key.callback_data;
    return button;
  })));
  return walkable(make("div", "keyboard", { role: "group", ariaLabel: "Buttons of the message" }, ...rows), ".key");
}
