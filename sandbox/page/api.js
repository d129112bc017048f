// The control API, which sandbox/control/__init__.py describes.

async function call(method, path, options = {}) {
  const response = await fetch(`/control${path}`, { method, ...options });
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? response.statusText);
  return body;
}

export const get = (path) => call("GET", path);

export const post = (path, body = {}) =>
  call("POST", path, { headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

export const remove = (path) => call("DELETE", path);

/** Hand a file over as a document; `details` are its caption, and whose it is and where. */
export const upload = (path, file, details) =>
  call("POST", `${path}?${new URLSearchParams({ name: file.name, ...details })}`, {
    headers: { "content-type": file.type || "application/octet-stream" },
    body: file,
  });

/** Call `on.chat` with the id of each chat that has changed, `on.calls` and `on.faults` when there is news of
 * them, and `on.connected` with whether the server answers. A page that is left behind lets its stream go: a
 * browser has six connections to one server, and keeps left pages for a while. */
export function listen(on) {
  let events;
  const open = () => {
    events = new EventSource("/control/events");
    events.onmessage = (event) => on.chat(JSON.parse(event.data).chat_id);
    events.addEventListener("calls", on.calls);
    events.addEventListener("faults", on.faults);
    events.onopen = () => on.connected(true);
    events.onerror = () => on.connected(false);
  };
  open();
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => event.persisted && open());
}
