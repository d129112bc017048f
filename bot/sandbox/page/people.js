// The list of people: whose chat is shown, who has unread messages, and somebody new.

import { post } from "./api.js";
import { clock, initial, make, paint, walkable } from "./dom.js";
import { attempt } from "./notices.js";
import { chats, people, refresh, unread } from "./state.js";

const list = document.getElementById("people-list");
const form = document.getElementById("new-person");

/** Draw everybody; `shown` are the ids in the panes, `on.choose(id)` and `on.beside(id)` the answers to clicks. */
export function drawPeople(shown, on) {
  const focused = [...list.querySelectorAll("button")].indexOf(document.activeElement);
  list.replaceChildren(...[...people.values()].map((person) => row(person, shown.includes(person.person_id), on)));
  if (focused >= 0) list.querySelectorAll("button")[focused]?.focus();
}

function row(person, isShown, on) {
  const { person_id: id, first_name: name } = person;
  const last = chats.get(id)?.messages.at(-1);
  const waiting = unread(id);
  const words = last ? last.text.split("\n")[0] || last.file?.name || "Photo" : "no messages yet";
  const button = make("button", "person", { type: "button", onclick: () => on.choose(id) },
    paint(make("span", "avatar", { ariaHidden: "true" }, initial(name)), name),
    make("span", "name", {}, name),
    make("span", "when", {}, last ? clock(last.date) : ""),
    make("span", "last", {}, words),
    waiting ? make("span", "unread", { ariaLabel: `${waiting} unread` }, String(waiting)) : null);
  button.setAttribute("aria-current", String(isShown));
  const beside = make("button", "beside", {
    type: "button", title: "Open beside", ariaLabel: `Open ${name}'s chat beside`, onclick: () => on.beside(id),
  }, "◫");
  return make("li", "", {}, button, isShown ? null : beside);
}

/** Let a new person be added; `added(id)` is called with each. */
export function acceptPeople(added) {
  walkable(list, ".person");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const person = await attempt(document.getElementById("page-toasts"), post("/people", Object.fromEntries(new FormData(form))));
    if (!person) return;
    form.reset();
    await refresh(person.person_id);
    added(person.person_id);
  });
}
