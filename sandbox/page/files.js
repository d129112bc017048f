// What a message carries beside its text: a photo, a document, or the card of a link.

import { initial, make, outward, paint, size } from "./dom.js";

/** A photo in its proportions, or a document to be saved. */
export function buildFile(file, caption) {
  return file.kind === "photo" ? buildPhoto(file, caption) : buildDocument(file);
}

function buildPhoto(file, caption) {
  const { width, height } = file;
  const image = make("img", "", { src: file.url, width, height, alt: caption || "Photo", loading: "lazy" });
  return make("a", "photo", { href: file.url, target: "_blank", rel: "noopener", ariaLabel: "Open the photo" }, image);
}

function buildDocument(file) {
  const extension = file.name.includes(".") ? file.name.split(".").pop().slice(0, 4) : "file";
  return make("a", "document", { href: file.url, download: file.name, ariaLabel: `Save ${file.name}, ${size(file.size)}` },
    make("span", "extension", { ariaHidden: "true" }, extension),
    make("span", "", {}, make("b", "", {}, file.name), make("small", "", {}, `${size(file.size)} · save`)));
}

/** The card that an app draws for a link; no picture is fetched, a drawn frame of film stands for it. */
export function buildCard(preview) {
  const frame = paint(make("span", "frame", { ariaHidden: "true" }, initial(preview.title)), preview.title);
  const words = make("span", "", {},
    make("span", "host", {}, preview.host),
    make("span", "title", {}, preview.title),
    make("span", "address", {}, preview.url.replace(/^https?:\/\/(www\.)?/, "")));
  return outward(make("a", `card ${preview.size}`, {}, words, frame), preview.url);
}
