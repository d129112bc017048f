// The page: people, one to three chats side by side, and the drawer.

import { get, listen } from "./api.js";
import { closeDrawer, newsOfCalls, newsOfFaults } from "./drawer.js";
import { Pane } from "./pane.js";
import { acceptPeople, drawPeople } from "./people.js";
import { chats, loadPeople, people, refresh } from "./state.js";

const PANE_WIDTH = 380; // pixels below which a chat is cramped
const place = document.getElementById("panes");
const panes = [];
let active = null;
let bot = null;

const mostPanes = () => Math.max(1, Math.min(3, Math.floor(place.clientWidth / PANE_WIDTH)));

async function begin() {
  bot = await get("/bot");
  document.title = bot.name;
  await loadPeople();
  const wanted = location.hash.slice(1).split(",").map(Number).filter((id) => people.has(id)).slice(0, mostPanes());
  for (const id of wanted.length ? wanted : [people.keys().next().value]) open(id);
  acceptPeople(choose);
  listen({
    chat: changed,
    calls: newsOfCalls,
    faults: newsOfFaults,
    connected: (alive) => {
      document.body.classList.toggle("lost", !alive);
      panes.forEach((pane) => pane.drawStatus());
    },
  });
}

async function changed(id) {
  await refresh(id);
  panes.filter((pane) => pane.chatId === id).forEach((pane) => pane.draw());
  drawList();
}

const drawList = () => drawPeople(panes.map((pane) => pane.chatId), { choose, beside: open });

/** Show somebody's chat in the active pane, or go to the pane that shows it. */
function choose(id) {
  const there = panes.find((pane) => pane.chatId === id);
  if (!there) active.choose(id);
  activate(there ?? active);
}

/** Show somebody's chat in a pane of its own; where there is no room, in the active one. */
function open(id) {
  if (panes.length >= mostPanes() && panes.length > 0) return choose(id);
  const pane = new Pane(bot.name, { choosePerson: () => document.body.classList.add("choosing"), close });
  panes.push(pane);
  place.append(pane.root);
  pane.root.addEventListener("focusin", () => activate(pane));
  pane.root.addEventListener("pointerdown", () => activate(pane));
  pane.choose(id);
  return activate(pane);
}

function close(pane) {
  panes.splice(panes.indexOf(pane), 1);
  pane.root.remove();
  activate(panes[0]);
}

function activate(pane) {
  active = pane;
  panes.forEach((other) => other.root.classList.toggle("active", other === pane));
  place.classList.toggle("several", panes.length > 1);
  document.body.classList.remove("choosing");
  history.replaceState(null, "", `#${panes.map((other) => other.chatId).join(",")}`);
  drawList();
}

document.addEventListener("keydown", (event) => {
  const writes = event.target.closest?.("input, textarea, select");
  if (event.key === "Escape") {
    const menu = active.composer.commands;
    if (menu.isOpen) menu.close();
    else closeDrawer();
  } else if (event.key === "/" && !writes && !active.composer.form.hidden) {
    event.preventDefault();
    active.composer.text.focus();
    active.composer.text.value ||= "/";
    active.composer.text.dispatchEvent(new Event("input"));
  }
});

document.addEventListener("click", (event) => {
  if (!event.target.closest(".commands, .menu, .text-field")) panes.forEach((pane) => pane.composer.commands.close());
});

new ResizeObserver(() => {
  while (panes.length > mostPanes()) close(panes.findLast((pane) => pane !== active));
}).observe(place);

begin();
