// Toasts, alerts, and refusals of the server.

import { make } from "./dom.js";

/** Show a toast; a new one takes the place of the former, as in Telegram's apps. */
export function showToast(place, text) {
  const element = make("div", "toast", {}, text);
  place.replaceChildren(element);
  setTimeout(() => element.remove(), Math.max(2500, text.length * 60));
}

/** Show what has to be confirmed. */
export function showAlert(text) {
  document.getElementById("alert-text").textContent = text;
  const dialog = document.getElementById("alert");
  if (!dialog.open) dialog.showModal();
}

/** The result of a call; a refusal is shown at `place`, and gives null. */
export async function attempt(place, doing) {
  try {
    return await doing;
  } catch (error) {
    showToast(place, error.message);
    return null;
  }
}
