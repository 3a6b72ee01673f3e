/** Timers of a server: it should get by with a few for all lines and sessions. */
import { once } from 'node:events';
import type { SendRequest } from '../../src/index.js';
import { Devices } from './devices.js';
import { whole, type Figure, type Row } from './figures.js';
import { ScriptedGateway } from './scripted-gateway.js';
import { ServerProcess } from './server-process.js';
import { linesOf, SMS_EVERY, TEXT, Traffic } from './traffic.js';

const FEW = 10;
const IN_FLIGHT = 96;

export const timers: Row = async ({ count }) => {
  const lines = count(10_000);
  const sessions = count(1000);
  const compare = (what: string, many: number, few: number, size: string): Figure => ({
    what: `${what} : ${FEW}`,
    measured: whole(many),
    baseline: whole(few),
    goal: 'the same',
    size,
  });
  return [
    compare(`timers of a server with ${lines} idle lines`, await idle(lines), await idle(FEW), 'one keepalive each'),
    compare(
      `timers of a server with ${sessions} open bulk sessions`,
      await sending(sessions),
      await sending(FEW),
      'one number each, on WAIT',
    ),
  ];
};

async function idle(lineCount: number): Promise<number> {
  const server = await ServerProcess.core('memory', lineCount);
  const devices = await Devices.open(server.address);
  await devices.send(new Traffic(linesOf(lineCount), SMS_EVERY.keepalives).take(lineCount), IN_FLIGHT);
  const report = await server.settledReport();
  await devices.close();
  await server.stop();
  return report.timers;
}

async function sending(lineCount: number): Promise<number> {
  const server = await ServerProcess.core('memory', lineCount);
  const gateway = await ScriptedGateway.open(server.address, Infinity);
  await gateway.register(linesOf(lineCount));
  for (const [index, { id: device }] of linesOf(lineCount).entries()) {
    server.tell({ to: `+4917${10_000_000 + index}`, text: TEXT, device } satisfies SendRequest);
  }
  while (gateway.waiting < lineCount) await once(gateway, 'waiting');
  const report = await server.settledReport();
  gateway.close();
  await server.stop();
  return report.timers;
}
