// The menu of commands above a composer: a list box that the arrow keys walk while the text keeps the focus.

import { make } from "./dom.js";

export class CommandMenu {
  #picked = -1;

  /** `run(command)` is called with what was chosen. */
  constructor(list, text, button, run) {
    Object.assign(this, { list, text, button, run });
    list.id = `commands-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    text.setAttribute("aria-controls", list.id);
  }

  get isOpen() {
    return !this.list.hidden;
  }

  get hasChoice() {
    return this.isOpen && this.#picked >= 0;
  }

  open(commands, prefix) {
    const fitting = commands.filter(({ command }) => `/${command}`.startsWith(prefix));
    this.#picked = -1;
    this.list.replaceChildren(...fitting.map(({ command, description }, index) =>
      make("button", "", {
        type: "button", id: `${this.list.id}-${index}`, role: "option", tabIndex: -1, ariaSelected: "false",
        onclick: () => this.run(command),
      }, make("b", "", {}, `/${command}`), make("span", "", {}, description))));
    this.list.hidden = fitting.length === 0;
    this.button.ariaExpanded = String(this.isOpen);
  }

  close() {
    this.list.hidden = true;
    this.#picked = -1;
    this.button.ariaExpanded = "false";
    this.text.removeAttribute("aria-activedescendant");
  }

  move(step) {
    const options = [...this.list.children];
    const from = this.#picked < 0 && step < 0 ? 0 : this.#picked;
    this.#picked = (from + step + options.length) % options.length;
    options.forEach((option, index) => { option.ariaSelected = String(index === this.#picked); });
    options[this.#picked].scrollIntoView({ block: "nearest" });
    this.text.setAttribute("aria-activedescendant", options[this.#picked].id);
  }

  choose() {
    this.list.children[this.#picked].click();
  }
}
