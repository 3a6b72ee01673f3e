/** How long an answer takes under a steady stream that waits for nobody, against the least that a UDP server can do. */
import { DEVICE_RESEND_INTERVAL } from '../../src/parameters.js';
import { Devices } from './devices.js';
import { milliseconds, percentile, ratiosOf, spread, times, type Figure, type Row } from './figures.js';
import { ServerProcess } from './server-process.js';
import { linesOf, SMS_EVERY, Traffic } from './traffic.js';

const PER_SECOND = 5000;
const LINE_COUNT = 100;

export const reply: Row = async ({ count, rounds }) => {
  const messages = count(2 * PER_SECOND);
  const servers = {
    core: await ServerProcess.core('memory', LINE_COUNT),
    echo: await ServerProcess.start('echo-child.ts'),
  };
  const devices = {
    core: await Devices.open(servers.core.address),
    echo: await Devices.open(servers.echo.address, ({ datagram }) => datagram),
  };
  const traffic = new Traffic(linesOf(LINE_COUNT), SMS_EVERY.mix);
  const p50 = { core: [] as number[], echo: [] as number[] };
  const p99 = { core: [] as number[], echo: [] as number[] };
  const lost = { core: 0, echo: 0 };
  for (let round = 0; round <= rounds; round += 1) {
    const stream = traffic.take(messages);
    for (const kind of ['core', 'echo'] as const) {
      const latencies = await devices[kind].stream(stream, PER_SECOND);
      if (round === 0) continue;
      p50[kind].push(percentile(latencies, 50));
      p99[kind].push(percentile(latencies, 99));
      lost[kind] += latencies.filter((ms) => ms >= DEVICE_RESEND_INTERVAL * 1000).length;
    }
  }
  for (const kind of ['core', 'echo'] as const) {
    await devices[kind].close();
    await servers[kind].stop();
  }
  const compare = (what: string, { core, echo }: typeof p50, goal?: string): Figure => ({
    what: `${what} from sending to the answer, core : echo`,
    measured: spread(core, milliseconds),
    baseline: spread(echo, milliseconds),
    ratio: spread(ratiosOf(core, echo), times),
    ...(goal === undefined ? {} : { goal }),
    size: `${messages} × ${rounds}, mix, ${PER_SECOND}/s; lost ${lost.core} : ${lost.echo}`,
  });
  return [compare('p50', p50), compare('p99', p99, '≤ 2')];
};
