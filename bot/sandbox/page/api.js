// The control API, which bot/sandbox/__init__.py describes.

async function call(path, options) {
  const response = await fetch(`/control${path}`, options);
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? response.statusText);
  return body;
}

export const get = (path) => call(path);

export const post = (path, body = {}) =>
  call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** Call `changed` with the id of each chat that has changed, and `connected` with whether the server answers. */
export function listen(changed, connected) {
  const events = new EventSource("/control/events");
  events.onmessage = (event) => changed(JSON.parse(event.data).chat_id);
  events.onopen = () => connected(true);
  events.onerror = () => connected(false);
}
