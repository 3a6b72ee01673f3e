/** Signs that show how a line is: a dot for its status, and bars for its signal. */
import { depict, element } from './elements.js';

/** A dot for the status of a line: green and full if it is online, a red ring if it is offline. */
export function createDot(): HTMLElement {
  return element('span', 'goip-dot');
}

/** @param isOnline undefined if nothing is known: then the dot keeps its place and cannot be seen */
export function showDot(dot: HTMLElement, isOnline: boolean | undefined, label: string): void {
  dot.classList.toggle('goip-online', isOnline === true);
  dot.classList.toggle('goip-offline', isOnline === false);
  if (isOnline !== undefined) depict(dot, label);
  else for (const attribute of ['role', 'aria-label', 'title']) dot.removeAttribute(attribute);
}

const BARS = 4;

/** Four bars for the signal of a line. */
export function createBars(): HTMLElement {
  return element('span', 'goip-bars', ...Array.from({ length: BARS }, () => element('i')));
}

/** Hides the bars if the signal is not known. Returns whether it is. */
export function showBars(bars: HTMLElement, signal: number | null | undefined, label: string): boolean {
  const lit = barsOf(signal);
  bars.hidden = lit === undefined;
  if (lit === undefined) return false;
  depict(bars, label);
  for (const [index, bar] of [...bars.children].entries()) bar.classList.toggle('goip-lit', index < lit);
  return true;
}

/** How many of the bars are lit. Devices report 0 to 31 (99: unknown), or dBm. */
export function barsOf(signal: number | null | undefined): number | undefined {
  if (signal === null || signal === undefined || signal === 99) return undefined;
  const level = signal < 0 ? (signal + 113) / 2 : signal;
  return [2, 10, 15, 20].filter((least) => level >= least).length;
}
