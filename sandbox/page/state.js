// What the page knows of the world: people, groups, and the newest transcript of each view. The server is the truth.
//
// A place is a chat as somebody sees it: { chatId, viewer }. In a private chat the viewer is its person.

import { get } from "./api.js";

export const people = new Map(); // person_id → person
export const groups = new Map(); // chat_id → group, also one that became a supergroup
export const bot = {}; // bot_id, name, username
const views = new Map(); // name of a place → newest transcript
const read = new Map(); // chat_id → id of the newest message that was looked at
const toasted = new Set(); // query ids whose toast has been shown

export const isGroup = (chatId) => chatId < 0;
export const privately = (personId) => ({ chatId: personId, viewer: personId });
export const nameOf = ({ chatId, viewer }) => (chatId === viewer ? String(chatId) : `${chatId}@${viewer}`);
export const chatAt = (place) => views.get(nameOf(place));
export const titleOf = (chatId) => people.get(chatId)?.first_name ?? groups.get(chatId)?.title ?? "";
export const senderName = (id) => (id === bot.bot_id ? bot.name : people.get(id)?.first_name ?? "Somebody");

const newestId = (chat) => chat.messages.at(-1)?.message_id ?? 0;
const isPresent = (member) => !["left", "kicked"].includes(member.status);

/** The ids of the people who are in a group; the bot is not among them. */
export const peopleIn = (group) => group.members.filter((m) => isPresent(m) && !m.is_bot).map((m) => m.person_id);

/** Somebody's status in a group: "creator", "member", "left" … */
export const statusIn = (group, id) => group.members.find((member) => member.person_id === id)?.status ?? "left";

/** The groups that are in use: what became a supergroup lives on in that. */
export const livingGroups = () => [...groups.values()].filter((group) => group.migrated_to === null);

/** Where a group is seen when nobody has chosen as whom: as the first of its people. */
export const firstSeat = (group) => ({ chatId: group.chat_id, viewer: peopleIn(group)[0] ?? group.members[0].person_id });

/** Learn of everybody; what happened before counts as read. */
export async function loadWorld() {
  Object.assign(bot, await get("/bot"));
  for (const person of await get("/people")) people.set(person.person_id, person);
  for (const group of await get("/groups")) groups.set(group.chat_id, group);
  await Promise.all([...[...people.keys()].map(privately), ...livingGroups().map(firstSeat)].map(load));
  for (const id of [...people.keys(), ...groups.keys()]) markRead(id);
}

/** Ask for a place anew; of two answers that overtake each other the newer one stays. */
export async function load(place) {
  const chat = await get(`/chats/${place.chatId}?limit=300&as=${place.viewer}`);
  if (chat.migrated_from) await prepend(chat, { ...place, chatId: chat.migrated_from });
  const before = chatAt(place);
  if (before && chat.version < before.version) return;
  if (!before) newToasts(chat); // what came up before anybody looked
  views.set(nameOf(place), chat);
  if (isGroup(place.chatId)) groups.set(place.chatId, chat);
}

/** A supergroup shows what was said while it was a group, and answers to taps there. */
async function prepend(chat, place) {
  const old = await get(`/chats/${place.chatId}?limit=300&as=${place.viewer}`);
  for (const name of ["messages", "taps_waiting", "toasts"]) chat[name] = [...old[name], ...chat[name]];
  chat.version += old.version;
}

/** A chat has changed: ask anew for all places of it, and get to know it if it is new. Gives its id by now. */
export async function refresh(id) {
  if (isGroup(id)) {
    for (const group of await get("/groups")) groups.set(group.chat_id, group);
    id = groups.get(id).migrated_to ?? id;
  } else if (!people.has(id)) {
    for (const person of await get("/people")) people.set(person.person_id, person);
  }
  const known = [...views.keys()].map(placeNamed).filter((place) => place.chatId === id);
  await Promise.all((known.length ? known : [isGroup(id) ? firstSeat(groups.get(id)) : privately(id)]).map(load));
  return id;
}

/** The place of a name, as the address of the page has it. */
export function placeNamed(name) {
  const [chatId, viewer = chatId] = name.split("@").map(Number);
  return { chatId, viewer };
}

/** The newest transcript of a chat, as any of its viewers has it. */
export const anyView = (chatId) => [...views].find(([name]) => placeNamed(name).chatId === chatId)?.[1];

export const markRead = (chatId) => read.set(chatId, anyView(chatId) ? newestId(anyView(chatId)) : 0);

/** How many messages of the bot nobody has looked at. */
export const unread = (chatId) =>
  anyView(chatId)?.messages.filter((m) => m.chat_id === chatId && m.from === "bot" && m.message_id > (read.get(chatId) ?? 0)).length ?? 0;

/** The toasts of a view that have not been shown; each comes once. */
export function newToasts(chat) {
  const fresh = chat.toasts.filter((toast) => !toasted.has(toast.query_id));
  fresh.forEach((toast) => toasted.add(toast.query_id));
  return fresh;
}

/** A message in a few words. */
export const inWords = (message) =>
  message.notice ?? (message.poll ? `📊 ${message.poll.question}` : message.text.split("\n")[0] || message.file?.name || "Photo");
