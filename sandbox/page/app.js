// The page: people and groups, one to three chats side by side, and the drawer.

import { listen, post } from "./api.js";
import { closeDrawer, newsOfCalls, newsOfFaults } from "./drawer.js";
import { drawGroupDialog } from "./members.js";
import { attempt } from "./notices.js";
import { Pane } from "./pane.js";
import { acceptGroups, acceptPeople, drawList } from "./people.js";
import {
  bot, firstSeat, groups, isGroup, livingGroups, load, loadWorld, nameOf, people, peopleIn, placeNamed, privately, refresh,
} from "./state.js";

const PANE_WIDTH = 380; // pixels below which a chat is cramped
const area = document.getElementById("panes");
const panes = [];
let active = null;

const mostPanes = () => Math.max(1, Math.min(3, Math.floor(area.clientWidth / PANE_WIDTH)));

async function begin() {
  await loadWorld();
  document.title = bot.name;
  const wanted = location.hash.slice(1).split(",").map(placeNamed).filter(isThere).slice(0, mostPanes());
  for (const place of wanted.length ? wanted : [privately(people.keys().next().value)]) await open(place);
  acceptPeople((id) => choose(privately(id)));
  acceptGroups((id) => choose(firstSeat(groups.get(id))), () => active.viewer);
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

const isThere = ({ chatId, viewer }) => people.has(viewer) && (chatId === viewer || groups.get(chatId)?.migrated_to === null);

async function changed(id) {
  const now = await refresh(id);
  for (const pane of panes) {
    if (pane.chatId === id && id !== now) await show(pane, { chatId: now, viewer: pane.viewer });
    else if (pane.chatId === now) pane.draw();
  }
  drawGroupDialog();
  list();
}

const list = () => drawList(panes.map((pane) => pane.chatId), { choose, beside, group: toGroup });

/** Show a place in the active pane, or go to the pane that shows it. */
async function choose(place) {
  const there = panes.find((pane) => nameOf(pane) === nameOf(place));
  if (!there) await show(active, place);
  activate(there ?? active);
}

/** Show a group in the active pane: as the person there, or as one of its people. */
function toGroup(id) {
  const there = panes.find((pane) => pane.chatId === id);
  if (there) return activate(there);
  return choose(peopleIn(groups.get(id)).includes(active.viewer) ? { chatId: id, viewer: active.viewer } : firstSeat(groups.get(id)));
}

/** Show a chat in a pane of its own; a group as somebody who is not there yet. */
function beside(id) {
  if (!isGroup(id)) return open(privately(id));
  const taken = panes.filter((pane) => pane.chatId === id).map((pane) => pane.viewer);
  const free = peopleIn(groups.get(id)).find((person) => !taken.includes(person));
  return open(free === undefined ? firstSeat(groups.get(id)) : { chatId: id, viewer: free });
}

async function show(pane, place) {
  await load(place);
  pane.choose(place);
}

/** Show a place in a pane of its own; where there is no room, in the active one. */
async function open(place) {
  if (panes.length >= mostPanes() && panes.length > 0) return choose(place);
  const pane = new Pane({ choosePerson: () => document.body.classList.add("choosing"), close, become, follow });
  await load(place);
  panes.push(pane);
  area.append(pane.root);
  pane.root.addEventListener("focusin", () => activate(pane));
  pane.root.addEventListener("pointerdown", () => activate(pane));
  pane.choose(place);
  return activate(pane);
}

/** See the group of a pane as somebody else. */
async function become(pane, viewer) {
  await show(pane, { chatId: pane.chatId, viewer });
  activate(pane);
}

/** Open a link to the bot as the person of a pane: beside the group, or in place of the private chat. */
async function follow(pane, url) {
  const group = isGroup(pane.chatId) ? groups.get(pane.chatId) : livingGroups().find((other) => peopleIn(other).includes(pane.viewer));
  const opened = await attempt(pane.toasts, post(`/people/${pane.viewer}/links`, { url, chat_id: group?.chat_id ?? null }));
  if (!opened) return;
  const place = { chatId: opened.chat_id, viewer: pane.viewer };
  const there = panes.find((other) => nameOf(other) === nameOf(place));
  if (there) activate(there);
  else if (panes.length < mostPanes()) await open(place);
  else await choose(place);
}

function close(pane) {
  panes.splice(panes.indexOf(pane), 1);
  pane.root.remove();
  activate(panes[0]);
}

function activate(pane) {
  active = pane;
  panes.forEach((other) => other.root.classList.toggle("active", other === pane));
  area.classList.toggle("several", panes.length > 1);
  document.body.classList.remove("choosing");
  history.replaceState(null, "", `#${panes.map(nameOf).join(",")}`);
  list();
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
}).observe(area);

begin();
