// Where a person writes: text, commands, and documents that are chosen, pasted or dropped.

import { post, upload } from "./api.js";
import { CommandMenu } from "./commands.js";
import { attempt } from "./notices.js";
import { chats } from "./state.js";

export class Composer {
  /** The composer of a pane, which has `chatId`, `find(selector)`, `toasts` and `toEnd()`. */
  constructor(pane) {
    this.pane = pane;
    this.form = pane.find(".composer");
    this.text = pane.find(".text-field");
    this.menu = pane.find(".menu");
    this.commands = new CommandMenu(pane.find(".commands"), this.text, this.menu, (command) => this.#run(command));
    this.#listen();
    this.#takeDrops();
  }

  /** Show what can be done now: write, start, or unblock. */
  draw(chat) {
    const start = this.pane.find(".start");
    const idle = chat.blocked || !chat.started;
    if (idle && this.form.contains(document.activeElement)) queueMicrotask(() => start.focus());
    this.form.hidden = idle;
    start.hidden = !idle;
    start.textContent = chat.blocked ? "Unblock" : "Start";
    this.pane.find(".block").hidden = idle;
    this.menu.hidden = chat.commands.length === 0;
  }

  async say(text) {
    this.commands.close();
    await attempt(this.pane.toasts, post(`/chats/${this.pane.chatId}/messages`, { text }));
    this.pane.toEnd();
  }

  /** Send files as documents; what is written goes with the first one as its caption. */
  async handOver(files) {
    const chat = chats.get(this.pane.chatId);
    if (chat.blocked || !files.length) return;
    let caption = this.text.value.trim();
    this.#clear();
    for (const file of files) {
      await attempt(this.pane.toasts, upload(`/chats/${this.pane.chatId}/documents`, file, caption));
      caption = "";
    }
    this.pane.toEnd();
  }

  #send() {
    const text = this.text.value;
    if (!text.trim()) return;
    this.#clear();
    this.say(text);
  }

  #run(command) {
    this.#clear();
    this.say(`/${command}`);
    this.text.focus();
  }

  #clear() {
    this.text.value = "";
    this.#fit();
  }

  #fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight + 2}px`;
  }

  #listen() {
    const { text, commands, pane } = this;
    text.addEventListener("input", () => {
      this.#fit();
      if (/^\/\w*$/.test(text.value)) commands.open(chats.get(pane.chatId).commands, text.value);
      else commands.close();
    });
    text.addEventListener("keydown", (event) => this.#key(event));
    text.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length === 0) return;
      event.preventDefault();
      this.handOver([...event.clipboardData.files]);
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.menu.addEventListener("click", () => {
      if (commands.isOpen) commands.close();
      else commands.open(chats.get(pane.chatId).commands, "/");
      text.focus();
    });
    pane.find(".start").addEventListener("click", async () => {
      if (chats.get(pane.chatId).blocked) await attempt(pane.toasts, post(`/chats/${pane.chatId}/unblock`));
      else await this.say("/start");
      setTimeout(() => text.focus(), 100);
    });
    pane.find(".attach").addEventListener("click", () => pane.find(".file-field").click());
    pane.find(".file-field").addEventListener("change", (event) => {
      this.handOver([...event.target.files]);
      event.target.value = "";
    });
  }

  #key(event) {
    const { commands } = this;
    if (commands.isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      commands.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (commands.hasChoice) commands.choose();
      else this.#send();
    }
  }

  #takeDrops() {
    const { root } = this.pane;
    const carriesFiles = (event) => event.dataTransfer.types.includes("Files");
    root.addEventListener("dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      root.classList.add("dropping");
    });
    root.addEventListener("dragleave", (event) => {
      if (!root.contains(event.relatedTarget)) root.classList.remove("dropping");
    });
    root.addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      root.classList.remove("dropping");
      this.handOver([...event.dataTransfer.files]);
    });
  }
}
