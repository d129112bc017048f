// The page shows one person's chat with the bot. What it shows is a function of the transcript; it keeps no
// state of its own beside who is looked at, what was read, and what is being typed.

import { get, listen, post } from "./api.js";
import { buildMessage, clock, initial, make, paint } from "./message.js";

const $ = (id) => document.getElementById(id);
const people = new Map(); // person_id → person
const chats = new Map(); // chat_id → newest transcript
const read = new Map(); // chat_id → id of the newest message that was looked at
const drawn = new Map(); // message_id → {version, element} of the chat that is shown
const toasted = new Set(); // query ids whose toast has been shown
let current = null;
let typingTimer = 0;
let picked = -1; // the command that the arrow keys have chosen

const actions = { tap, command: say, show: scrollToMessage };

async function begin() {
  const bot = await get("/bot");
  $("bot-name").textContent = bot.name;
  document.title = bot.name;
  for (const person of await get("/people")) people.set(person.person_id, person);
  await Promise.all([...people.keys()].map(refresh));
  for (const [id, chat] of chats) {
    read.set(id, newestId(chat));
    chat.toasts.forEach((toast) => toasted.add(toast.query_id));
  }
  choose(people.has(Number(location.hash.slice(1))) ? Number(location.hash.slice(1)) : [...people.keys()][0]);
  listen(changed, (alive) => {
    document.body.classList.toggle("lost", !alive);
    drawStatus();
  });
}

const newestId = (chat) => chat.messages.at(-1)?.message_id ?? 0;

async function refresh(id) {
  const chat = await get(`/chats/${id}?limit=300`);
  if (!chats.has(id) || chat.version >= chats.get(id).version) chats.set(id, chat);
}

async function changed(id) {
  if (!people.has(id)) for (const person of await get("/people")) people.set(person.person_id, person);
  await refresh(id);
  if (id === current) draw();
  drawPeople();
}

function choose(id) {
  current = id;
  history.replaceState(null, "", `#${id}`);
  document.body.classList.remove("choosing");
  drawn.clear();
  $("messages").replaceChildren();
  $("text").value = "";
  closeCommands();
  draw();
  drawPeople();
  $("scroll").scrollTop = $("scroll").scrollHeight;
}

// Drawing

function draw() {
  const chat = chats.get(current);
  const pane = $("scroll");
  const atEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 80;
  read.set(current, newestId(chat));
  drawMessages(chat);
  drawTyping(chat);
  drawComposer(chat);
  showToasts(chat);
  if (atEnd) pane.scrollTop = pane.scrollHeight;
}

function drawMessages(chat) {
  const list = $("messages");
  const byId = new Map(chat.messages.map((message) => [message.message_id, message]));
  const animate = drawn.size > 0;
  for (const [id, { element }] of drawn) {
    if (byId.has(id)) continue;
    element.remove();
    drawn.delete(id);
  }
  let day = "";
  list.querySelectorAll(".day").forEach((element) => element.remove());
  for (const message of chat.messages) {
    const today = new Date(message.date * 1000).toDateString();
    const before = drawn.get(message.message_id);
    if (before?.version !== message.version) {
      const element = buildMessage(message, byId.get(message.reply_to), actions);
      if (animate) element.classList.add(before ? "edited" : "new");
      keepFocus(before?.element, element);
      if (before) before.element.replaceWith(element);
      drawn.set(message.message_id, { version: message.version, element });
    }
    const { element } = drawn.get(message.message_id);
    if (!element.isConnected) list.append(element);
    if (today !== day) element.before(make("li", "day", {}, nameOfDay(message.date)));
    day = today;
    markWaiting(element, chat.taps_waiting.filter((tapped) => tapped.message_id === message.message_id));
  }
}

/** Replace a message without taking the keyboard's focus away: it stays on the button at the same place. */
function keepFocus(before, after) {
  const index = before ? [...before.querySelectorAll(".key")].indexOf(document.activeElement) : -1;
  if (index >= 0) queueMicrotask(() => after.querySelectorAll(".key")[index]?.focus());
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

function drawTyping(chat) {
  clearTimeout(typingTimer);
  const typing = chat.typing_seconds > 0;
  $("typing").hidden = !typing;
  drawStatus();
  if (typing) {
    typingTimer = setTimeout(() => {
      chat.typing_seconds = 0;
      draw();
    }, chat.typing_seconds * 1000);
  }
}

function drawStatus() {
  const chat = chats.get(current);
  const name = people.get(current)?.first_name ?? "";
  const lost = document.body.classList.contains("lost");
  const typing = !lost && chat?.typing_seconds > 0;
  $("status").textContent = lost ? "connection lost, trying again …" : typing ? "typing …" : `bot · you are ${name}`;
  $("status").classList.toggle("typing", typing);
}

function drawComposer(chat) {
  const idle = chat.blocked || !chat.started;
  $("empty").hidden = chat.messages.length > 0;
  $("description").textContent = chat.description || "Press Start to find out.";
  $("composer").hidden = idle;
  $("start").hidden = !idle;
  $("start").textContent = chat.blocked ? "Unblock" : "Start";
  $("block").hidden = idle;
  $("menu").hidden = chat.commands.length === 0;
}

function drawPeople() {
  $("people-list").replaceChildren(...[...people.values()].map((person) => {
    const chat = chats.get(person.person_id);
    const last = chat?.messages.at(-1);
    const unread = chat ? chat.messages.filter((m) => m.from === "bot" && m.message_id > (read.get(person.person_id) ?? 0)).length : 0;
    const avatar = paint(make("span", "avatar", { ariaHidden: "true" }, initial(person.first_name)), person.first_name);
    const button = make("button", "person", { type: "button", onclick: () => choose(person.person_id) },
      avatar,
      make("span", "name", {}, person.first_name),
      make("span", "when", {}, last ? clock(last.date) : ""),
      make("span", "last", {}, last ? last.text.split("\n")[0] : "no messages yet"));
    if (unread) button.append(make("span", "unread", { ariaLabel: `${unread} unread` }, String(unread)));
    button.setAttribute("aria-current", String(person.person_id === current));
    return make("li", "", {}, button);
  }));
}

function showToasts(chat) {
  for (const toast of chat.toasts) {
    if (toasted.has(toast.query_id)) continue;
    toasted.add(toast.query_id);
    if (toast.show_alert) showAlert(toast.text);
    else showToast(toast.text);
  }
}

function showToast(text) {
  const element = make("div", "toast", {}, text);
  $("toasts").replaceChildren(element); // a new toast takes the place of the former, as in Telegram's apps
  setTimeout(() => element.remove(), Math.max(2500, text.length * 60));
}

function showAlert(text) {
  $("alert-text").textContent = text;
  if (!$("alert").open) $("alert").showModal();
}

function scrollToMessage(id) {
  $(`message-${id}`)?.scrollIntoView({ behavior: "smooth", block: "center" });
}

// What the person does

/** The result of a call; a refusal is shown, and gives null. */
async function attempt(doing) {
  try {
    return await doing;
  } catch (error) {
    showToast(error.message);
    return null;
  }
}

async function say(text) {
  closeCommands();
  await attempt(post(`/chats/${current}/messages`, { text }));
  $("scroll").scrollTop = $("scroll").scrollHeight;
}

function tap(message, key) {
  if (key.url) window.open(key.url, "_blank", "noopener,noreferrer");
  else if (key.copy_text) navigator.clipboard.writeText(key.copy_text.text).then(() => showToast("Copied"));
  else if (key.callback_data) attempt(post(`/chats/${current}/taps`, { message_id: message.message_id, data: key.callback_data }));
  else showToast("The local Telegram cannot do this yet");
}

function send() {
  const text = $("text").value;
  if (!text.trim()) return;
  $("text").value = "";
  fitText();
  say(text);
}

function fitText() {
  $("text").style.height = "auto";
  $("text").style.height = `${$("text").scrollHeight + 2}px`;
}

// The menu of commands

function openCommands(prefix) {
  const fitting = chats.get(current).commands.filter(({ command }) => `/${command}`.startsWith(prefix));
  picked = -1;
  $("commands").replaceChildren(...fitting.map(({ command, description }, index) =>
    make("button", "", { type: "button", id: `command-${index}`, role: "option", ariaSelected: "false", onclick: () => run(command) },
      make("b", "", {}, `/${command}`), make("span", "", {}, description))));
  $("commands").hidden = fitting.length === 0;
  $("menu").ariaExpanded = String(!$("commands").hidden);
}

function closeCommands() {
  $("commands").hidden = true;
  $("menu").ariaExpanded = "false";
  $("text").removeAttribute("aria-activedescendant");
}

function run(command) {
  $("text").value = "";
  fitText();
  say(`/${command}`);
  $("text").focus();
}

function pick(step) {
  const options = [...$("commands").children];
  picked = (picked + step + options.length) % options.length;
  options.forEach((option, index) => { option.ariaSelected = String(index === picked); });
  options[picked].scrollIntoView({ block: "nearest" });
  $("text").setAttribute("aria-activedescendant", options[picked].id);
}

// Events

$("text").addEventListener("input", () => {
  fitText();
  if (/^\/\w*$/.test($("text").value)) openCommands($("text").value);
  else closeCommands();
});

$("text").addEventListener("keydown", (event) => {
  const open = !$("commands").hidden;
  if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    pick(event.key === "ArrowDown" ? 1 : picked < 0 ? 0 : -1);
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    if (open && picked >= 0) $("commands").children[picked].click();
    else send();
  }
});

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});

$("menu").addEventListener("click", () => {
  if ($("commands").hidden) openCommands("/");
  else closeCommands();
});

$("start").addEventListener("click", async () => {
  if (chats.get(current).blocked) await attempt(post(`/chats/${current}/unblock`));
  else await say("/start");
  $("text").focus();
});

$("block").addEventListener("click", () => attempt(post(`/chats/${current}/block`)));
$("to-people").addEventListener("click", () => document.body.classList.add("choosing"));
$("to-end").addEventListener("click", () => $("scroll").scrollTo({ top: $("scroll").scrollHeight, behavior: "smooth" }));
$("scroll").addEventListener("scroll", () => {
  $("to-end").hidden = $("scroll").scrollHeight - $("scroll").scrollTop - $("scroll").clientHeight < 160;
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeCommands();
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("#commands, #menu, #text")) closeCommands();
});

$("new-person").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const person = await attempt(post("/people", Object.fromEntries(form)));
  if (!person) return;
  event.target.reset();
  people.set(person.person_id, person);
  await refresh(person.person_id);
  choose(person.person_id);
});

begin();
