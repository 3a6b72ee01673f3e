/** A server that is stopped and continued by its parent. Argument: its options as JSON. Sends a text to each number that it is told. */
import { GoipServer, type JobResult, type ServerOptions } from '../../src/index.js';

export type ToChild = { readonly to: readonly string[] };
export type FromChild = { readonly port: number } | { readonly result: JobResult };

const tell = (message: FromChild): void => void process.send?.(message);

const server = new GoipServer(JSON.parse(process.argv[2] ?? '{}') as ServerOptions);
process.on('message', ({ to }: ToChild) => {
  const sent = server.send({ to, text: 'hello' }).then(({ result }) => result);
  void sent.then((result) => tell({ result }));
});
void server.start().then(({ port }) => tell({ port }));
