/** Elements of a page. What comes from devices gets into them as text, never as markup. */

/** Makes an element. Children that are texts stay texts. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** An icon of Font Awesome, which readers of the screen leave out. */
export function icon(name: string): HTMLElement {
  const made = element('i', `fa ${name}`);
  made.setAttribute('aria-hidden', 'true');
  return made;
}

/** A button with an icon, which shows its label on hovering. */
export function iconButton(name: string, label: string, onClick: () => void, className = ''): HTMLButtonElement {
  const button = element('button', `red-ui-button ${className}`.trim(), icon(name));
  button.type = 'button';
  button.addEventListener('click', onClick);
  relabel(button, label);
  return button;
}

/** Changes the icon of such a button. */
export function setIcon(button: HTMLElement, name: string): void {
  if (button.firstElementChild) button.firstElementChild.className = `fa ${name}`;
}

/** Gives an element another label, if it is another one. */
export function relabel(target: HTMLElement, label: string): void {
  if (target.title === label) return;
  target.title = label;
  target.setAttribute('aria-label', label);
}

/** Shows an element as a picture with a name. */
export function depict(target: HTMLElement, label: string): void {
  target.setAttribute('role', 'img');
  relabel(target, label);
}

export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Puts the children into this order. Those that are in their place stay there, with the focus in them. */
export function arrange(parent: HTMLElement, children: readonly HTMLElement[]): void {
  const wanted = new Set<Element>(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  for (const [index, child] of children.entries()) {
    const place = parent.children[index];
    if (place !== child) parent.insertBefore(child, place ?? null);
  }
}

/** The element in a pattern that a selector finds. Patterns are ours: it is there. */
export function partOf(parent: ParentNode, selector: string): HTMLElement {
  const part = parent.querySelector<HTMLElement>(selector);
  if (!part) throw new Error(`no ${selector}`);
  return part;
}

/** As {@link partOf}, for an input. */
export function inputOf(parent: ParentNode, selector: string): HTMLInputElement {
  const input = partOf(parent, selector);
  if (!(input instanceof HTMLInputElement)) throw new Error(`${selector} is no input`);
  return input;
}
