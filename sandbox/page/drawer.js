// The drawer: what the bot calls and what the check of the specification says, and the faults.

import { get } from "./api.js";
import { clock, make, walkable } from "./dom.js";
import { drawFaults } from "./faults.js";
import { titleOf } from "./state.js";

const MOST_SHOWN = 500;
const $ = (id) => document.getElementById(id);
const drawer = $("drawer");
let newest = 0; // number of the newest call that is in the list
let asking = Promise.resolve();

export function openDrawer() {
  drawer.hidden = false;
  $("to-drawer").ariaExpanded = "true";
  newsOfCalls();
  drawFaults();
  drawer.querySelector('[role="tab"][aria-selected="true"]').focus();
}

export function closeDrawer() {
  if (drawer.hidden) return;
  const hadFocus = drawer.contains(document.activeElement);
  drawer.hidden = true;
  $("to-drawer").ariaExpanded = "false";
  if (hadFocus) $("to-drawer").focus();
}

/** There are new calls: add them, if anybody looks. One request at a time, so that none is added twice. */
export function newsOfCalls() {
  if (!drawer.hidden) asking = asking.then(addCalls).catch(() => {}); // the next news asks again
}

export const newsOfFaults = () => drawer.hidden || drawFaults();

async function addCalls() {
  const calls = await get(`/calls?after=${newest}`);
  if (calls.length === 0) return;
  newest = calls.at(-1).number;
  $("calls").prepend(...calls.slice(-MOST_SHOWN).reverse().map(row));
  while ($("calls").children.length > MOST_SHOWN) $("calls").lastElementChild.remove();
  filter();
}

/** One call; what is wrong with it stands in the line, its parameters unfold. */
function row(call) {
  const verdict = judge(call);
  const who = titleOf(call.chat_id);
  const line = make("summary", "", {},
    make("time", "", {}, clock(call.time, true)),
    make("b", "", {}, call.method),
    make("span", "who", {}, who),
    make("span", "verdict", {}, verdict.words));
  const details = [
    call.verdict === "valid" ? null : make("p", "why", {}, `Specification: ${call.verdict}`),
    call.description ? make("p", "why", {}, `${call.error_code || "dropped"}: ${call.description}`) : null,
    call.fault ? make("p", "why", {}, `Fault on command: ${call.fault}`) : null,
    make("pre", "", { tabIndex: 0 }, JSON.stringify(call.params, null, 2)),
  ];
  const element = make("li", verdict.kind, {}, make("details", "", {}, line, ...details));
  Object.assign(element.dataset, { words: `${call.method} ${who} ${JSON.stringify(call.params)}`.toLowerCase(), method: call.method });
  return element;
}

function judge(call) {
  if (call.verdict !== "valid") return { kind: "violation", words: "breaks the spec" };
  if (call.fault && !call.ok) return { kind: "faulty", words: `valid · ${call.fault.replace("_", " ")} ${call.error_code || ""}` };
  if (call.fault) return { kind: "faulty", words: "valid · delayed" };
  return call.ok ? { kind: "valid", words: "valid" } : { kind: "refused", words: `valid · ${call.error_code}` };
}

function filter() {
  const words = $("calls-filter").value.trim().toLowerCase();
  const errors = $("calls-errors").checked, polls = $("calls-polls").checked;
  let shown = 0;
  for (const element of $("calls").children) {
    const { method } = element.dataset;
    const fits = element.dataset.words.includes(words) && (!errors || element.className !== "valid") && (polls || method !== "getUpdates");
    element.hidden = !fits;
    shown += fits;
  }
  $("calls-count").textContent = shown ? `${shown} ${shown === 1 ? "call" : "calls"}` : "no calls that fit";
}

function showTab(tab) {
  for (const other of drawer.querySelectorAll('[role="tab"]')) {
    const selected = other === tab;
    other.ariaSelected = String(selected);
    other.tabIndex = selected ? 0 : -1;
    $(other.getAttribute("aria-controls")).hidden = !selected;
  }
}

$("to-drawer").addEventListener("click", () => (drawer.hidden ? openDrawer() : closeDrawer()));
$("close-drawer").addEventListener("click", closeDrawer);
for (const id of ["calls-filter", "calls-errors", "calls-polls"]) $(id).addEventListener("input", filter);
for (const tab of walkable($("tabs"), '[role="tab"]').children) {
  tab.addEventListener("focus", () => showTab(tab));
  tab.addEventListener("click", () => showTab(tab));
}
