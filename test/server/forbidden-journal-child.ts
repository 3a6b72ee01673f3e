/** A server whose process has few rights. Argument: its options as JSON. Starts, and again whenever the parent asks for it. */
import { GoipServer, type ServerOptions, type StorageEvent } from '../../src/index.js';

export interface FromChild {
  /** Message of the error with which the start failed; null if it is started. */
  readonly problem: string | null;
  /** What was reported of the journal so far. */
  readonly news: readonly { readonly state: StorageEvent['state']; readonly message: string }[];
  readonly jobs: readonly string[];
}

const options = JSON.parse(process.argv[2] ?? '{}') as ServerOptions;
// Started by root, which may do everything.
if (process.getuid?.() === 0) {
  process.setgid?.(Number(process.argv[3]));
  process.setuid?.(Number(process.argv[3]));
}
const server = new GoipServer(options);
const news: { readonly state: StorageEvent['state']; readonly message: string }[] = [];
server.on('storage', (event) =>
  news.push({ state: event.state, message: 'error' in event ? event.error.message : '' }),
);

async function start(): Promise<void> {
  const problem = await server.start().then(
    () => null,
    (error: unknown) => (error as Error).message,
  );
  if (problem === null) await server.adopt('nobody');
  const jobs = problem === null ? server.jobs().map(({ id }) => id) : [];
  process.send?.({ problem, news, jobs } satisfies FromChild);
}

process.on('message', () => void start());
void start();
