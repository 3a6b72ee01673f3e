/** What Node-RED reports of the running servers. It reports to an editor that asks; this one asks while the user can see it. */
import type { LiveLine, LiveServer as LiveNews } from '../shared/live-news.js';
import type { LiveMessage } from '../shared/live-view.js';

/** Milliseconds; the server goes on for 45 s. */
const ASK_AGAIN_MS = 30_000;

/** A server as it is now. */
export interface LiveServer extends Omit<LiveNews, 'lines' | 'rejected'> {
  readonly lines: ReadonlyMap<string, LiveLine>;
  readonly rejected: NonNullable<LiveNews['rejected']>;
}

/** Why nothing is reported: the user may not read, or the question has failed. */
export type Refusal = 'forbidden' | 'failed';

const listeners = new Set<() => void>();
const servers = new Map<string, LiveServer>();
/** The ids of all that run; undefined until they were reported. */
let running: readonly string[] | undefined;

/** Listens to what is reported. Called once, when the page is loaded: whole servers are reported only once. */
export function startLive(): void {
  RED.comms.subscribe('goip/live', (_topic, message) => {
    // The runtime of this package sends nothing else.
    take(message as LiveMessage);
    for (const listener of listeners) listener();
  });
}

function take(message: LiveMessage): void {
  if ('servers' in message) {
    running = message.servers;
    for (const id of servers.keys()) if (!running.includes(id)) servers.delete(id);
    return;
  }
  const { server } = message;
  const known = server.isWhole ? undefined : servers.get(server.id);
  const lines = new Map(known?.lines);
  for (const line of server.lines) lines.set(line.device, line);
  servers.set(server.id, { ...server, lines, rejected: server.rejected ?? known?.rejected ?? [] });
}

/**
 * Asks to be informed, again and again, as long as an element can be seen.
 * @param answered is called with the refusal, or undefined if the answer is a ticket
 * @returns stops asking
 */
export function askWhileShown(element: HTMLElement, answered: (refusal: Refusal | undefined) => void): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  let asked = 0;
  let answeredLast = 0;
  const ask = (): void => {
    asked += 1;
    const mine = asked;
    const answer = (refusal: Refusal | undefined): void => {
      // An answer that comes after the answer to a later question is out of date.
      if (mine < answeredLast) return;
      answeredLast = mine;
      answered(refusal);
    };
    void $.getJSON('goip/watch')
      .done(({ ticket }: { readonly ticket: string }) => {
        RED.comms.send('goip/watch', { ticket });
        answer(undefined);
      })
      .fail(({ status }) => answer(status === 401 || status === 403 ? 'forbidden' : 'failed'));
  };
  const update = (): void => {
    const isShown = !document.hidden && element.offsetParent !== null;
    if (isShown === (timer !== undefined)) return;
    clearInterval(timer);
    timer = isShown ? setInterval(ask, ASK_AGAIN_MS) : undefined;
    if (isShown) ask();
  };
  // The server knows the connection, not the editor.
  const onConnect = (): void => {
    if (timer !== undefined) ask();
  };
  const observer = new IntersectionObserver(update);
  observer.observe(element);
  document.addEventListener('visibilitychange', update);
  RED.comms.on('connect', onConnect);
  return () => {
    observer.disconnect();
    document.removeEventListener('visibilitychange', update);
    RED.comms.off('connect', onConnect);
    clearInterval(timer);
    answeredLast = Infinity;
  };
}

/**
 * Follows a server while an element can be seen.
 * @param show is called with the server as it is, undefined if it does not run, at once and whenever there is news
 * @param refused as in `askWhileShown`; there may still be news for others who asked
 * @returns stops following
 */
export function follow(
  id: string,
  element: HTMLElement,
  show: (server: LiveServer | undefined) => void,
  refused: (refusal: Refusal | undefined) => void,
): () => void {
  // First the ids are reported, and then each of the servers.
  const report = (): void => {
    if (running?.includes(id) === servers.has(id)) show(servers.get(id));
  };
  listeners.add(report);
  report();
  let isRefused = false;
  const stopAsking = askWhileShown(element, (refusal) => {
    refused(refusal);
    // News comes only if something is new.
    if (isRefused && !refusal) report();
    isRefused = refusal !== undefined;
  });
  return () => {
    listeners.delete(report);
    stopAsking();
  };
}
