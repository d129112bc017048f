// A chat as one person sees it: with the bot alone, or a group. What it shows is a function of the transcript.

import { post } from "./api.js";
import { Composer } from "./composer.js";
import { initial, make, paint } from "./dom.js";
import { leadsToBot } from "./links.js";
import { openGroupDialog } from "./members.js";
import { buildMessage } from "./message.js";
import { attempt, showAlert, showToast } from "./notices.js";
import { bot, chatAt, isGroup, markRead, newToasts, peopleIn, senderName, titleOf } from "./state.js";

const keyOf = ({ chat_id, message_id }) => `${chat_id}:${message_id}`;

export class Pane {
  #drawn = new Map(); // key of a message → {state, element}
  #typingTimer = 0;
  #atEnd = true;

  /** `on.choosePerson()` leads to the people, `on.close(pane)` takes the pane away, `on.become(pane, viewer)`
   * changes who looks, `on.follow(pane, url)` opens a link to the bot. */
  constructor(on) {
    this.root = document.getElementById("pane").content.firstElementChild.cloneNode(true);
    this.scroll = this.find(".scroll");
    this.list = this.find(".messages");
    this.toasts = this.find(".toasts");
    this.composer = new Composer(this);
    this.on = on;
    this.actions = {
      tap: (...what) => this.#tap(...what),
      command: (text) => this.composer.say(text),
      show: (message) => this.#drawn.get(keyOf(message))?.element.scrollIntoView({ behavior: "smooth", block: "center" }),
      vote: (message, options) => this.act("/votes", { message_id: message.message_id, options }, message.chat_id),
      follow: (url) => on.follow(this, url),
    };
    this.find(".to-people").addEventListener("click", on.choosePerson);
    this.find(".close").addEventListener("click", () => on.close(this));
    this.find(".manage").addEventListener("click", () => openGroupDialog(this));
    this.find(".block").addEventListener("click", () => this.act("/block", {}));
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

  /** What the page knows of the chat. */
  get chat() {
    return chatAt(this);
  }

  /** Do something in the chat as the person who looks; a refusal is shown, and gives null. */
  act(path, body, chatId = this.chatId) {
    return attempt(this.toasts, post(`/chats/${chatId}${path}`, { person_id: this.viewer, ...body }));
  }

  /** Show another place. */
  choose({ chatId, viewer }) {
    Object.assign(this, { chatId, viewer, thread: null });
    this.#clear();
    this.find(".text-field").value = "";
    this.composer.commands.close();
    Object.assign(this.root.dataset, { chatId, viewer });
    const group = isGroup(chatId);
    this.root.setAttribute("aria-label", group ? `${titleOf(chatId)} as ${titleOf(viewer)}` : `Chat of ${titleOf(viewer)}`);
    this.find(".chat-name").textContent = group ? titleOf(chatId) : bot.name;
    this.find(".bot-picture").hidden = group;
    const picture = this.find(".group-picture");
    picture.hidden = !group;
    if (group) paint(picture, titleOf(chatId)).textContent = initial(titleOf(chatId));
    this.draw();
    this.toEnd();
  }

  #clear() {
    this.#drawn.clear();
    this.list.replaceChildren();
  }

  draw() {
    const { chat } = this;
    markRead(this.chatId);
    this.#drawSeats(chat);
    this.#drawTopics(chat);
    this.find(".empty").hidden = chat.messages.length > 0;
    this.find(".description").textContent = chat.description || "Press Start to find out.";
    this.#drawMessages(chat);
    this.#drawTyping(chat);
    this.composer.draw(chat);
    for (const toast of newToasts(chat)) {
      if (toast.url) this.on.follow(this, toast.url);
      else if (toast.show_alert) showAlert(toast.text);
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
    const typing = !lost && this.chat.typing_seconds > 0;
    status.textContent = lost ? "connection lost, trying again …" : typing ? "typing …" : this.#describe();
    status.classList.toggle("typing", typing);
  }

  #describe() {
    if (!isGroup(this.chatId)) return `bot · you are ${titleOf(this.viewer)}`;
    const count = peopleIn(this.chat).length;
    return `${this.chat.is_forum ? "forum" : this.chat.type} of ${count === 1 ? "one" : count}`;
  }

  #distanceToEnd() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight;
  }

  /** As whom the group can be seen. */
  #drawSeats(chat) {
    const seats = this.find(".seats");
    seats.hidden = !isGroup(this.chatId);
    if (seats.hidden) return;
    const ids = [...new Set([...peopleIn(chat), this.viewer])];
    refill(seats, ids.map((id) => {
      const name = senderName(id);
      const button = make("button", "seat", { type: "button", ariaPressed: String(id === this.viewer), onclick: () => this.on.become(this, id) },
        paint(make("span", "avatar tiny", { ariaHidden: "true" }, initial(name)), name), name);
      return button;
    }));
  }

  #drawTopics(chat) {
    const topics = this.find(".topics");
    topics.hidden = !chat.is_forum;
    if (topics.hidden) return;
    if (!chat.topics.some((topic) => topic.thread_id === this.thread)) this.thread = null;
    const tabs = [{ thread_id: null, name: "General" }, ...chat.topics];
    refill(topics, tabs.map(({ thread_id: id, name, closed }) => make("button", "topic", {
      type: "button", ariaPressed: String(id === this.thread), onclick: () => this.#toTopic(id),
    }, closed ? `🔒 ${name}` : name)));
  }

  #toTopic(thread) {
    this.thread = thread;
    this.#clear();
    this.draw();
    this.toEnd();
  }

  /** The messages of the topic that is looked at; all of them where there are no topics. */
  #messages(chat) {
    const topics = new Set(chat.topics?.map((topic) => topic.thread_id));
    const topicOf = ({ thread_id: id }) => (topics.has(id) ? id : null);
    return chat.is_forum ? chat.messages.filter((message) => topicOf(message) === this.thread) : chat.messages;
  }

  #drawMessages(chat) {
    const messages = this.#messages(chat);
    const byKey = new Map(messages.map((message) => [keyOf(message), message]));
    const animate = this.#drawn.size > 0;
    for (const [key, { element }] of this.#drawn) {
      if (byKey.has(key)) continue;
      element.remove();
      this.#drawn.delete(key);
    }
    let sender = null;
    for (const message of messages) {
      const replied = byKey.get(`${message.chat_id}:${message.reply_to}`);
      const element = this.#drawMessage(message, replied, message.sender_id !== sender, animate);
      sender = message.notice ? null : message.sender_id;
      markWaiting(element, chat.taps_waiting.filter((tapped) => tapped.message_id === message.message_id));
    }
    this.#drawDays(messages);
  }

  /** The element of a message; built anew only if the message has changed, or who is named above it. */
  #drawMessage(message, replied, first, animate) {
    const before = this.#drawn.get(keyOf(message));
    const state = `${message.version} ${first}`;
    if (before?.state === state) return before.element;
    const context = { viewer: this.viewer, inGroup: isGroup(this.chatId), first };
    const element = buildMessage(message, replied, this.actions, context);
    if (animate) element.classList.add(before ? "edited" : "new");
    if (before) replaceKeepingFocus(before.element, element);
    else this.list.append(element);
    this.#drawn.set(keyOf(message), { state, element });
    return element;
  }

  #drawDays(messages) {
    let day = "";
    for (const message of messages) {
      const today = new Date(message.date * 1000).toDateString();
      const { element } = this.#drawn.get(keyOf(message));
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

  #tap(message, key) {
    const tap = { message_id: message.message_id, data: key.callback_data };
    if (key.url && leadsToBot(key.url)) this.on.follow(this, key.url);
    else if (key.url) window.open(key.url, "_blank", "noopener,noreferrer");
    else if (key.copy_text) navigator.clipboard.writeText(key.copy_text.text).then(() => showToast(this.toasts, "Copied"));
    else if (key.callback_data) this.act("/taps", tap, message.chat_id);
    else showToast(this.toasts, "The local Telegram cannot do this yet");
  }
}

/** New children in place of the old ones; the focus stays at the same place. */
function refill(element, children) {
  const focused = [...element.children].indexOf(document.activeElement);
  element.replaceChildren(...children);
  element.children[focused]?.focus({ preventScroll: true });
}

/** Replace a message; the keyboard's focus stays on the button at the same place, or the nearest there is. */
function replaceKeepingFocus(before, after) {
  const index = [...before.querySelectorAll(".key, .option")].indexOf(document.activeElement);
  before.replaceWith(after);
  const keys = after.querySelectorAll(".key, .option");
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
