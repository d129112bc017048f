// One person's chat with the bot. What it shows is a function of the transcript.

import { post } from "./api.js";
import { Composer } from "./composer.js";
import { make } from "./dom.js";
import { buildMessage } from "./message.js";
import { attempt, showAlert, showToast } from "./notices.js";
import { chats, markRead, newToasts, people } from "./state.js";

export class Pane {
  #drawn = new Map(); // message_id → {version, element}
  #typingTimer = 0;
  #atEnd = true;

  /** `on.choosePerson()` leads to the people, `on.close(pane)` takes the pane away. */
  constructor(botName, on) {
    this.root = document.getElementById("pane").content.firstElementChild.cloneNode(true);
    this.scroll = this.find(".scroll");
    this.list = this.find(".messages");
    this.toasts = this.find(".toasts");
    this.composer = new Composer(this);
    this.actions = { tap: (...what) => this.#tap(...what), command: (text) => this.composer.say(text), show: (id) => this.#show(id) };
    this.find(".bot-name").textContent = botName;
    this.find(".to-people").addEventListener("click", on.choosePerson);
    this.find(".close").addEventListener("click", () => on.close(this));
    this.find(".block").addEventListener("click", () => attempt(this.toasts, post(`/chats/${this.chatId}/block`)));
    this.find(".to-end").addEventListener("click", () => this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior: "smooth" }));
    this.scroll.addEventListener("scroll", () => {
      this.#atEnd = this.#distanceToEnd() < 80;
      this.find(".to-end").hidden = this.#distanceToEnd() < 160;
    });
    const stay = new ResizeObserver(() => this.#atEnd && this.toEnd()); // as pictures load, or the pane narrows
    for (const element of [this.scroll, this.list]) stay.observe(element);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  /** Show another person's chat. */
  choose(chatId) {
    this.chatId = chatId;
    this.#drawn.clear();
    this.list.replaceChildren();
    this.find(".text-field").value = "";
    this.composer.commands.close();
    this.root.dataset.chatId = chatId;
    this.root.setAttribute("aria-label", `Chat of ${people.get(chatId).first_name}`);
    this.draw();
    this.toEnd();
  }

  draw() {
    const chat = chats.get(this.chatId);
    markRead(this.chatId);
    this.find(".empty").hidden = chat.messages.length > 0;
    this.find(".description").textContent = chat.description || "Press Start to find out.";
    this.#drawMessages(chat);
    this.#drawTyping(chat);
    this.composer.draw(chat);
    for (const toast of newToasts(chat)) {
      if (toast.show_alert) showAlert(toast.text);
      else showToast(this.toasts, toast.text);
    }
    if (this.#atEnd) this.toEnd();
  }

  toEnd() {
    this.#atEnd = true;
    this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  drawStatus() {
    const status = this.find(".status");
    const lost = document.body.classList.contains("lost");
    const typing = !lost && chats.get(this.chatId).typing_seconds > 0;
    const name = people.get(this.chatId).first_name;
    status.textContent = lost ? "connection lost, trying again …" : typing ? "typing …" : `bot · you are ${name}`;
    status.classList.toggle("typing", typing);
  }

  #distanceToEnd() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight;
  }

  #drawMessages(chat) {
    const byId = new Map(chat.messages.map((message) => [message.message_id, message]));
    const animate = this.#drawn.size > 0;
    for (const [id, { element }] of this.#drawn) {
      if (byId.has(id)) continue;
      element.remove();
      this.#drawn.delete(id);
    }
    for (const message of chat.messages) {
      const element = this.#drawMessage(message, byId.get(message.reply_to), animate);
      markWaiting(element, chat.taps_waiting.filter((tapped) => tapped.message_id === message.message_id));
    }
    this.#drawDays(chat.messages);
  }

  /** The element of a message; built anew only if the message has changed. */
  #drawMessage(message, replied, animate) {
    const before = this.#drawn.get(message.message_id);
    if (before?.version === message.version) return before.element;
    const element = buildMessage(message, replied, this.actions);
    if (animate) element.classList.add(before ? "edited" : "new");
    if (before) replaceKeepingFocus(before.element, element);
    else this.list.append(element);
    this.#drawn.set(message.message_id, { version: message.version, element });
    return element;
  }

  #drawDays(messages) {
    let day = "";
    for (const message of messages) {
      const today = new Date(message.date * 1000).toDateString();
      const { element } = this.#drawn.get(message.message_id);
      const above = element.previousElementSibling?.matches(".day") ? element.previousElementSibling : null;
      if (today === day) above?.remove();
      else if (!above) element.before(make("li", "day", {}, nameOfDay(message.date)));
      day = today;
    }
  }

  #drawTyping(chat) {
    clearTimeout(this.#typingTimer);
    const typing = chat.typing_seconds > 0;
    this.find(".typing-dots").hidden = !typing;
    this.drawStatus();
    if (typing) {
      this.#typingTimer = setTimeout(() => {
        chat.typing_seconds = 0;
        this.draw();
      }, chat.typing_seconds * 1000);
    }
  }

  #show(id) {
    this.#drawn.get(id)?.element.scrollIntoView({ behavior: "smooth", block: "center" });
  }

  #tap(message, key) {
    const tap = { message_id: message.message_id, data: key.callback_data };
    if (key.url) window.open(key.url, "_blank", "noopener,noreferrer");
    else if (key.copy_text) navigator.clipboard.writeText(key.copy_text.text).then(() => showToast(this.toasts, "Copied"));
    else if (key.callback_data) attempt(this.toasts, post(`/chats/${this.chatId}/taps`, tap));
    else showToast(this.toasts, "The local Telegram cannot do this yet");
  }
}

/** Replace a message; the keyboard's focus stays on the button at the same place, or the nearest there is. */
function replaceKeepingFocus(before, after) {
  const index = [...before.querySelectorAll(".key")].indexOf(document.activeElement);
  before.replaceWith(after);
  const keys = after.querySelectorAll(".key");
  if (index >= 0) keys[Math.min(index, keys.length - 1)]?.focus({ preventScroll: true });
}

function markWaiting(element, waiting) {
  for (const button of element.querySelectorAll(".key")) {
    const waits = waiting.some((tapped) => tapped.data === button.dataset.data);
    button.classList.toggle("waiting", waits);
    button.ariaBusy = String(waits);
  }
}

function nameOfDay(seconds) {
  const date = new Date(seconds * 1000);
  if (date.toDateString() === new Date().toDateString()) return "Today";
  return date.toLocaleDateString([], { day: "numeric", month: "long" });
}
