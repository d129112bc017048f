// The list on the left: people and groups, which of them are shown, unread messages, and somebody or something new.

import { post } from "./api.js";
import { clock, initial, make, paint, walkable } from "./dom.js";
import { attempt } from "./notices.js";
import { anyView, inWords, livingGroups, people, refresh, senderName, unread } from "./state.js";

const nav = document.getElementById("people");
const lists = { people: document.getElementById("people-list"), groups: document.getElementById("groups-list") };
const toasts = document.getElementById("page-toasts");

/** Draw everybody; `shown` are the ids of the chats in the panes, `on` has the answers to clicks. */
export function drawList(shown, on) {
  const focused = [...nav.querySelectorAll("li button")].indexOf(document.activeElement);
  lists.people.replaceChildren(...[...people.values()].map(({ person_id: id, first_name: name }) =>
    row(id, name, shown.includes(id), () => on.choose({ chatId: id, viewer: id }), shown.includes(id) ? null : on.beside)));
  lists.groups.replaceChildren(...livingGroups().map(({ chat_id: id, title }) =>
    row(id, title, shown.includes(id), () => on.group(id), on.beside)));
  if (focused >= 0) nav.querySelectorAll("li button")[focused]?.focus();
}

function row(id, name, isShown, choose, beside) {
  const last = anyView(id)?.messages.at(-1);
  const waiting = unread(id);
  const button = make("button", "person", { type: "button", onclick: choose },
    paint(make("span", id < 0 ? "avatar group" : "avatar", { ariaHidden: "true" }, initial(name)), name),
    make("span", "name", {}, name),
    make("span", "when", {}, last ? clock(last.date) : ""),
    make("span", "last", {}, last ? lastWords(id, last) : "no messages yet"),
    waiting ? make("span", "unread", { ariaLabel: `${waiting} unread` }, String(waiting)) : null);
  button.setAttribute("aria-current", String(isShown));
  const aside = beside && make("button", "beside", {
    type: "button", title: "Open beside", ariaLabel: `Open ${name}'s chat beside`, onclick: () => beside(id),
  }, "◫");
  return make("li", "", {}, button, aside);
}

const lastWords = (id, message) =>
  id < 0 && !message.notice ? `${senderName(message.sender_id)}: ${inWords(message)}` : inWords(message);

/** Let a new person be added; `added(id)` is called with each. */
export function acceptPeople(added) {
  walkable(nav, ".person");
  accept("new-person", (fields) => post("/people", fields), (person) => person.person_id, added);
}

/** Let a new group be made by `maker()`, with everybody in it; `added(id)` is called with each. */
export function acceptGroups(added, maker) {
  accept("new-group", ({ title }) => {
    const members = [...people.keys()].filter((id) => id !== maker());
    return post("/groups", { title, person_id: maker(), members });
  }, (group) => group.chat_id, added);
}

function accept(formId, make, idOf, added) {
  const form = document.getElementById(formId);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const made = await attempt(toasts, make(Object.fromEntries(new FormData(form))));
    if (!made) return;
    form.reset();
    await refresh(idOf(made));
    added(idOf(made));
  });
}
