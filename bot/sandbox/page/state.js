// What the page knows of the world: people, and the newest transcript of each chat. The server is the truth.

import { get } from "./api.js";

export const people = new Map(); // person_id → person
export const chats = new Map(); // chat_id → newest transcript
const read = new Map(); // chat_id → id of the newest message that was looked at
const toasted = new Set(); // query ids whose toast has been shown

const newestId = (chat) => chat.messages.at(-1)?.message_id ?? 0;

/** Learn of everybody; what happened before counts as read. */
export async function loadPeople() {
  for (const person of await get("/people")) people.set(person.person_id, person);
  await Promise.all([...people.keys()].map(refresh));
  for (const [id, chat] of chats) {
    markRead(id);
    newToasts(chat);
  }
}

/** Ask for a chat anew; of two answers that overtake each other the newer one stays. */
export async function refresh(id) {
  if (!people.has(id)) for (const person of await get("/people")) people.set(person.person_id, person);
  const chat = await get(`/chats/${id}?limit=300`);
  if (!chats.has(id) || chat.version >= chats.get(id).version) chats.set(id, chat);
}

export const markRead = (id) => read.set(id, newestId(chats.get(id)));

/** How many messages of the bot nobody has looked at. */
export const unread = (id) =>
  chats.get(id)?.messages.filter((m) => m.from === "bot" && m.message_id > (read.get(id) ?? 0)).length ?? 0;

/** The toasts of a chat that have not been shown; each comes once. */
export function newToasts(chat) {
  const fresh = chat.toasts.filter((toast) => !toasted.has(toast.query_id));
  fresh.forEach((toast) => toasted.add(toast.query_id));
  return fresh;
}
