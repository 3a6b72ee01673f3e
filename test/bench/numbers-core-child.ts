/** The core, which sends many numbers when it is asked to: `numbers-core-child.ts STORAGE LINES`. */
import { GoipServer } from './core.js';
import { probe, type Load } from './numbers-probe.cjs';
import { linesOf } from './traffic.js';

async function main(): Promise<void> {
  const [storage = 'memory', lines = '8'] = process.argv.slice(2);
  const server = new GoipServer({ host: '127.0.0.1', port: 0, devices: linesOf(Number(lines)), storage });
  process.on('disconnect', () => void server.stop().then(() => process.exit()));
  process.on('message', (load: Load) => {
    let ended = 0;
    let steps = 0;
    const send = async ({ to, payload }: { to: unknown; payload: string }): Promise<void> => {
      const job = await server.send({ to, text: payload });
      job.on('status', () => (steps += 1));
      const { total } = await job.result;
      ended += total;
    };
    const sendAll = (messages: Parameters<Parameters<typeof probe>[1]>[0]): void => {
      for (const message of messages) void send(message);
    };
    void probe(load, sendAll, (numbers) => ended >= numbers && steps >= numbers).then((probed) =>
      process.send?.(probed),
    );
  });
  process.send?.(await server.start());
}

void main();
