// The drawer's second tab: arm a fault, see and remove those that are armed, let updates and queries come twice or go.

import { get, post, remove } from "./api.js";
import { make } from "./dom.js";
import { attempt } from "./notices.js";
import { livingGroups, people, titleOf } from "./state.js";

const $ = (id) => document.getElementById(id);
const form = $("fault-form");
const PARTS = { flood: ["seconds"], delay: ["seconds"], error: ["status"], html: ["status"] }; // what a kind asks for beside

/** Draw the kinds, the chats to choose from, and what is armed. */
export async function drawFaults() {
  const { kinds, armed } = await get("/faults");
  fill(form.elements.kind, Object.keys(kinds).map((kind) => [kind, kind.replace("_", " ")]));
  fill(form.elements.chat_id, [["", "any chat"], ...[...people.keys(), ...livingGroups().map((group) => group.chat_id)].map((id) => [String(id), titleOf(id)])]);
  explain(kinds);
  form.elements.kind.onchange = () => explain(kinds);
  $("faults").replaceChildren(...armed.map(row));
  $("no-faults").hidden = armed.length > 0;
  $("faults-count").textContent = armed.length ? String(armed.length) : "";
}

function fill(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, words]) => make("option", "", { value }, words)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

function explain(kinds) {
  const kind = form.elements.kind.value;
  $("fault-meaning").textContent = kinds[kind];
  for (const name of ["seconds", "status"]) form.elements[name].closest("label").hidden = !(PARTS[kind] ?? []).includes(name);
}

function row(fault) {
  const who = fault.chat_id === null ? "any chat" : titleOf(fault.chat_id) || fault.chat_id;
  const left = fault.left === null ? "until removed" : `${fault.left} to go`;
  const detail = (PARTS[fault.kind] ?? []).map((name) => (name === "seconds" ? `${fault.seconds} s` : fault.status));
  return make("li", "", {},
    make("span", "", {},
      make("b", "", {}, [fault.kind.replace("_", " "), ...detail].join(" ")),
      make("small", "", {}, `${fault.method === "*" ? "any method" : fault.method} · ${who} · ${left} · struck ${fault.struck}×`)),
    make("button", "quiet", {
      type: "button", ariaLabel: `Remove the fault ${fault.kind}`,
      onclick: () => attempt($("page-toasts"), remove(`/faults/${fault.fault_id}`)),
    }, "Remove"));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { kind, method, chat_id, times, seconds, status } = Object.fromEntries(new FormData(form));
  attempt($("page-toasts"), post("/faults", {
    kind,
    method: method.trim() || "*",
    chat_id: chat_id ? Number(chat_id) : null,
    times: times ? Number(times) : null,
    seconds: Number(seconds),
    status: Number(status),
  }));
});

for (const button of $("mischief").querySelectorAll("button")) {
  button.addEventListener("click", () => attempt($("page-toasts"), post(button.dataset.path)));
}
