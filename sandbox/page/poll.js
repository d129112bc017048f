// A poll: its options to click, then its results with the faces of those who voted.

import { clock, initial, make, paint, walkable } from "./dom.js";
import { senderName } from "./state.js";

/** Build a poll of a time of day; `vote(texts)` is called with what was chosen, nothing for a vote taken back. */
export function buildPoll(poll, vote, time) {
  const results = poll.is_closed || poll.chosen.length > 0;
  const locked = poll.is_closed || (results && !poll.allows_revoting);
  const picked = new Set(poll.chosen);
  const several = poll.allows_multiple_answers;
  const choose = make("button", "poll-act", { type: "button", hidden: true, onclick: () => vote([...picked]) }, "Vote");
  const options = poll.options.map((option) => buildOption(poll, option, { results, locked }, (button) => {
    if (!several) return vote([option.text]);
    if (!picked.delete(option.text)) picked.add(option.text);
    button.ariaChecked = String(picked.has(option.text));
    choose.hidden = picked.size === 0 || sameAs(picked, poll.chosen);
    return null;
  }));
  const retract = poll.chosen.length && !locked ? make("button", "poll-act", { type: "button", onclick: () => vote([]) }, "Retract vote") : null;
  const head = [make("strong", "question", {}, poll.question), make("small", "", {}, kind(poll))];
  if (poll.description) head.push(make("p", "poll-description", {}, poll.description));
  const list = make("div", "options", { role: several ? "group" : "radiogroup", ariaLabel: poll.question }, ...options);
  return make("div", results ? "poll results" : "poll", {}, ...head, walkable(list, ".option"),
    make("div", "poll-foot", {}, make("small", "", {}, count(poll)), choose, retract, make("span", "meta", {}, time)));
}

function buildOption(poll, option, { results, locked }, pick) {
  const share = poll.voters ? Math.round((100 * option.votes) / poll.voters) : 0;
  const chosen = poll.chosen.includes(option.text);
  const button = make("button", "option", {
    type: "button", role: poll.allows_multiple_answers ? "checkbox" : "radio", ariaChecked: String(chosen), disabled: locked,
    onclick: () => pick(button),
  },
  make("span", results ? "share" : "mark", { ariaHidden: String(!results) }, results ? `${share}%` : ""),
  make("span", "option-text", {}, option.text),
  make("span", "voters", {}, ...(results ? option.voters.map(face) : [])));
  button.style.setProperty("--share-number", results ? share / 100 : 0);
  button.classList.toggle("best", poll.is_closed && option.votes > 0 && option.votes === Math.max(...poll.options.map((o) => o.votes)));
  return button;
}

function face(id) {
  const name = senderName(id);
  return paint(make("span", "avatar tiny", { title: name, ariaLabel: name, role: "img" }, initial(name)), name);
}

function kind(poll) {
  if (poll.is_closed) return "Final results";
  const several = poll.allows_multiple_answers ? " · several answers" : "";
  return `${poll.is_anonymous ? "Anonymous poll" : "Public poll"}${several}`;
}

function count(poll) {
  const votes = poll.voters === 0 ? "No votes yet" : poll.voters === 1 ? "1 vote" : `${poll.voters} votes`;
  return poll.close_date && !poll.is_closed ? `${votes} · until ${clock(poll.close_date)}` : votes;
}

const sameAs = (picked, chosen) => picked.size === chosen.length && chosen.every((text) => picked.has(text));
