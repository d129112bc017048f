// Small helpers for elements. Text only ever becomes text nodes, never markup.

/** An element with a class, properties and children; null children are left out. */
export function make(tag, className = "", properties = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  Object.assign(element, properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A colour for a name, the same one each time; the multiplier keeps similar names apart. */
export function paint(element, name) {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 9973;
  element.style.setProperty("--hue", (hash * 137) % 360);
  return element;
}

/** The time of day of a Unix time in seconds. */
export function clock(seconds, precise = false) {
  const shape = precise ? { timeStyle: "medium" } : { hour: "numeric", minute: "2-digit" };
  return new Date(seconds * 1000).toLocaleTimeString([], shape);
}

/** The first letter or digit of a text, for where a picture would be. */
export function initial(text) {
  return (text.match(/[\p{L}\p{N}]/u)?.[0] ?? "?").toUpperCase();
}

/** A size as people say it. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Let a link lead out of the page, if it is a link that a browser should follow. */
export function outward(link, address) {
  if (/^https?:\/\//i.test(address)) Object.assign(link, { href: address, target: "_blank", rel: "noopener noreferrer" });
  return link;
}

/** Let the arrow keys move among the elements of `selector` inside `root`, which Tab reaches as well. */
export function walkable(root, selector) {
  root.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const all = [...root.querySelectorAll(selector)];
    const at = all.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    all[(at + step + all.length) % all.length].focus();
  });
  return root;
}
