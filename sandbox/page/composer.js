// Where a person writes: text, commands, and documents that are chosen, pasted or dropped.

import { upload } from "./api.js";
import { CommandMenu } from "./commands.js";
import { attempt } from "./notices.js";
import { bot, isGroup, statusIn } from "./state.js";

export class Composer {
  /** The composer of a pane, which has `chatId`, `viewer`, `thread`, `chat`, `act()`, `find()`, `toasts`, `toEnd()`. */
  constructor(pane) {
    this.pane = pane;
    this.form = pane.find(".composer");
    this.text = pane.find(".text-field");
    this.menu = pane.find(".menu");
    this.commands = new CommandMenu(pane.find(".commands"), this.text, this.menu, (command) => this.#run(command));
    this.#listen();
    this.#takeDrops();
  }

  /** Show what can be done now: write, start, unblock, or join. */
  draw(chat) {
    const start = this.pane.find(".start");
    const group = isGroup(this.pane.chatId);
    const out = group && ["left", "kicked"].includes(statusIn(chat, this.pane.viewer));
    const idle = chat.blocked || !chat.started || out;
    if (idle && this.form.contains(document.activeElement)) queueMicrotask(() => start.focus());
    this.form.hidden = idle;
    start.hidden = !idle;
    start.textContent = out ? "Join the group" : chat.blocked ? "Unblock" : "Start";
    this.pane.find(".block").hidden = idle || group;
    this.pane.find(".manage").hidden = !group;
    this.menu.hidden = chat.commands.length === 0;
  }

  async say(text) {
    this.commands.close();
    await this.pane.act("/messages", { text, thread_id: this.pane.thread });
    this.pane.toEnd();
  }

  /** Send files as documents; what is written goes with the first one as its caption. */
  async handOver(files) {
    if (this.form.hidden || !files.length) return;
    const who = { person_id: this.pane.viewer, ...(this.pane.thread ? { thread_id: this.pane.thread } : {}) };
    let caption = this.text.value.trim();
    this.#clear();
    for (const file of files) {
      await attempt(this.pane.toasts, upload(`/chats/${this.pane.chatId}/documents`, file, { caption, ...who }));
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
    this.say(isGroup(this.pane.chatId) ? `/${command}@${bot.username}` : `/${command}`);
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
      if (/^\/\w*$/.test(text.value)) commands.open(pane.chat.commands, text.value);
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
      else commands.open(pane.chat.commands, "/");
      text.focus();
    });
    pane.find(".start").addEventListener("click", async () => {
      if (isGroup(pane.chatId)) await pane.act("/members", {});
      else if (pane.chat.blocked) await pane.act("/unblock", {});
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
