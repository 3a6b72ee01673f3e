/** Shows what was done last, with a button that undoes it. */
import { element, icon } from './elements.js';

interface Deed {
  readonly text: string;
  readonly undo: () => void;
}

export class UndoNotice {
  readonly element = element('div', 'goip-said');
  /** What can be undone, the latest last. */
  readonly #deeds: Deed[] = [];

  /** @param onUndone is called after something was undone */
  constructor(
    private readonly label: string,
    private readonly onUndone: () => void,
  ) {
    this.element.setAttribute('role', 'status');
  }

  did(text: string, undo: () => void): void {
    this.#deeds.push({ text, undo });
    this.#show();
  }

  focus(): void {
    this.element.querySelector('button')?.focus();
  }

  /** Undoes by Ctrl+Z. In a text, the key undoes what was typed there. */
  undoByKey(event: JQuery.KeyDownEvent): void {
    const isUndo = event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (!isUndo || $(event.target as Element).is('input[type="text"], input[type="password"], textarea')) return;
    event.preventDefault();
    event.stopPropagation();
    this.#undo();
  }

  #undo(): void {
    const last = this.#deeds.pop();
    if (!last) return;
    last.undo();
    this.#show();
    this.onUndone();
  }

  #show(): void {
    const last = this.#deeds.at(-1);
    this.element.replaceChildren();
    if (!last) return;
    const button = element('button', 'red-ui-button red-ui-button-small', icon('fa-undo'), ' ');
    button.type = 'button';
    button.append(element('span', '', this.label));
    button.addEventListener('click', () => this.#undo());
    this.element.append(element('span', '', last.text), button);
  }
}
