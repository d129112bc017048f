// Links to the bot open inside the page, all others outside of it.

import { bot } from "./state.js";

/** Whether an address is a t.me link of the bot, which the page follows by itself. */
export function leadsToBot(url) {
  const name = bot.username.toLowerCase();
  const path = url.toLowerCase();
  return new RegExp(`^(https?://)?(t|telegram)\\.me/${name}([/?#]|$)`).test(path) || new RegExp(`^tg://resolve\\?(.*&)?domain=${name}(&|$)`).test(path);
}
