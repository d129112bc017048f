// Who is in a group: add, promote and remove people and the bot, open topics, make it a supergroup.

import { post } from "./api.js";
import { initial, make, paint } from "./dom.js";
import { attempt } from "./notices.js";
import { bot, groups, people, senderName, statusIn } from "./state.js";

const $ = (id) => document.getElementById(id);
const dialog = $("group-dialog");
const GOVERNS = ["creator", "administrator"];
const OUT = ["left", "kicked"];
let pane = null;

/** Show who is in the group of a pane; what is done there is done by its person. */
export function openGroupDialog(ofPane) {
  pane = ofPane;
  drawGroupDialog();
  dialog.showModal();
}

/** Draw it anew; nothing while nobody looks. */
export function drawGroupDialog() {
  const group = pane && groups.get(pane.chatId);
  if (!group) return;
  $("group-title").textContent = group.title;
  $("group-kind").textContent = `${group.is_forum ? "forum" : group.type} · you are ${senderName(pane.viewer)}`;
  $("group-members").replaceChildren(...[...people.keys(), bot.bot_id].map((id) => row(id, statusIn(group, id))));
  $("group-upgrade").hidden = group.type !== "group";
  $("new-topic").hidden = !group.is_forum;
}

function row(id, status) {
  const name = senderName(id);
  return make("li", OUT.includes(status) ? "out" : "", {},
    paint(make("span", "avatar small", { ariaHidden: "true" }, initial(name)), name),
    make("span", "", {}, make("b", "", {}, name), make("small", "", {}, status === "left" ? "not in the group" : status)),
    ...actions(id, status).map(([words, then]) => make("button", "quiet", {
      type: "button", ariaLabel: `${words} ${name}`, onclick: () => act("/members", { person_id: id, status: then, by: pane.viewer }),
    }, words)));
}

function actions(id, status) {
  const self = id === pane.viewer;
  if (OUT.includes(status)) return [[self ? "Join" : "Add", "member"]];
  const role = GOVERNS.includes(status) ? ["Dismiss as admin", "member"] : ["Make admin", "administrator"];
  return [...(status === "creator" ? [] : [role]), self ? ["Leave", "left"] : ["Remove", "kicked"]];
}

const act = (path, body) => attempt($("group-toasts"), post(`/chats/${pane.chatId}${path}`, body));

$("group-upgrade").addEventListener("click", async ({ target }) => {
  if (target.matches("button") && await act("/upgrade", { is_forum: "forum" in target.dataset })) dialog.close();
});
$("new-topic").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name } = Object.fromEntries(new FormData(event.target));
  if (await act("/topics", { name, person_id: pane.viewer })) event.target.reset();
});
$("group-close").addEventListener("click", () => dialog.close());
