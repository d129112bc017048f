// One message as elements.

import { clock, make, walkable } from "./dom.js";
import { styled } from "./entities.js";
import { buildCard, buildFile } from "./files.js";

/** Build a message; `actions` are the pane's answers to clicks: tap(message, key), command(text), show(message_id). */
export function buildMessage(message, replied, actions) {
  const bubble = make("div", "bubble");
  if (replied) {
    const words = replied.text || replied.file?.name || "Photo";
    bubble.append(make("button", "quote", { type: "button", onclick: () => actions.show(replied.message_id) }, words));
  }
  bubble.append(...content(message, actions));
  const element = make("li", `message ${message.from === "bot" ? "in" : "out"}`, {}, bubble);
  if (message.file) element.classList.add("with-file");
  if (message.keyboard.length) element.append(buildKeyboard(message, actions));
  element.dataset.messageId = message.message_id;
  return element;
}

function content(message, actions) {
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
