/** A field to search a list of rows with. */
import { lineText } from './devices.js';
import { textIn } from './forms.js';

/** Whether a text in lower case has all of the words. */
export const hasWords = (text: string, words: readonly string[]): boolean => words.every((word) => text.includes(word));

/** The words of a search, in lower case. */
export const wordsOf = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean);

export class SearchBox {
  readonly #input: JQuery;

  /** @param parent its place, inside a form: elsewhere the field makes a form of its own */
  constructor(parent: HTMLElement, label: string, onChange: () => void) {
    this.#input = $('<input type="text" />').attr({ 'aria-label': label, placeholder: label }).appendTo(parent);
    this.#input.searchBox({ style: 'compact', change: onChange });
    // By itself it does not notice what is pasted with the mouse.
    this.#input.on('input', () => this.#input.searchBox('value', textIn(this.#input)));
    $(parent).find('.red-ui-searchBox-clear').attr('aria-label', lineText('clear'));
  }

  get words(): string[] {
    return wordsOf(textIn(this.#input));
  }

  /** Shows how many of the rows are found. Undefined while all rows are shown. */
  showCount(found: number | undefined, all: number): void {
    this.#input.searchBox('count', found === undefined ? '' : `${found} / ${all}`);
  }
}
