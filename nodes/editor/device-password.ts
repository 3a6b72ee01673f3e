/** The password of a device in the table. Of a stored password the editor knows at most that it is there. */
import { inputOf, partOf, relabel, setIcon } from './elements.js';
import { serverText } from './devices.js';

export class DevicePassword {
  readonly #input: HTMLInputElement;
  readonly #reveal: HTMLElement;
  readonly #forget: HTMLElement;
  readonly #space: HTMLElement;

  /**
   * @param cells the fields of its row
   * @param own whether the device has a stored password of its own; undefined if that is not known
   * @param hasCommon whether the server has a password for all devices
   */
  constructor(
    cells: HTMLElement,
    private readonly own: boolean | undefined,
    private readonly hasCommon: () => boolean,
  ) {
    this.#input = inputOf(cells, '.goip-device-password');
    this.#reveal = partOf(cells, '.goip-device-reveal');
    this.#forget = partOf(cells, '.goip-device-forget');
    this.#space = partOf(cells, '.goip-button-space');
  }

  get typed(): string {
    return this.#input.value;
  }

  /** @param isForgotten whether the stored password is removed by the next deploy */
  show(isForgotten: boolean, typed = this.typed): void {
    this.#input.value = typed;
    const isTyped = typed !== '';
    const state = this.#state(isForgotten);
    this.#input.placeholder = serverText('placeholder.' + state);
    this.#input.title = isTyped ? '' : serverText('password-state.' + state);
    this.#input.disabled = isForgotten;
    this.#reveal.hidden = !isTyped;
    this.#forget.hidden = isTyped || this.own === false;
    this.#space.hidden = !this.#reveal.hidden || !this.#forget.hidden;
    if (!isTyped) this.#setRevealed(false);
    relabel(this.#forget, serverText(isForgotten ? 'devices.restore' : 'devices.forget'));
    setIcon(this.#forget, isForgotten ? 'fa-undo' : 'fa-eraser');
  }

  toggleReveal(): void {
    this.#setRevealed(this.#input.type === 'password');
  }

  mark(isWrong: boolean): void {
    this.#input.classList.toggle('input-error', isWrong);
  }

  #state(isForgotten: boolean): string {
    if (isForgotten) return 'removed';
    if (this.own === undefined) return 'unchanged';
    if (this.own) return 'stored';
    return this.hasCommon() ? 'common' : 'no-password';
  }

  #setRevealed(isRevealed: boolean): void {
    this.#input.type = isRevealed ? 'text' : 'password';
    setIcon(this.#reveal, isRevealed ? 'fa-eye-slash' : 'fa-eye');
    relabel(this.#reveal, serverText(isRevealed ? 'devices.hide' : 'devices.reveal'));
  }
}
