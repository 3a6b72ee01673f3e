/** How many of a burst of keepalives are answered without one of them being sent again: what the socket's buffer held. */
import { readFileSync } from 'node:fs';
import { Devices } from './devices.js';
import { ratiosOf, spread, times, whole, type Figure, type Row } from './figures.js';
import { ServerProcess } from './server-process.js';
import { linesOf, SMS_EVERY, Traffic, type Dialect } from './traffic.js';

/** All lines of a large site at once, as after a power cut. */
const LINE_COUNT = 10_000;

/** Enough of them that none overflows with answers before it is read. */
const SOCKETS = 32;

export const burst: Row = async ({ count, rounds }) => {
  const burstSize = count(LINE_COUNT);
  const echoAnswer: Dialect = ({ datagram }) => datagram;
  const largest = largestBuffer();
  const contestants = {
    core: { server: await ServerProcess.core('memory', LINE_COUNT) },
    echo: { server: await ServerProcess.start('echo-child.ts'), answer: echoAnswer },
    largest: {
      server: await ServerProcess.start('echo-child.ts', '--receive-buffer', String(largest)),
      answer: echoAnswer,
    },
  };
  const answered = { core: [] as number[], echo: [] as number[], largest: [] as number[] };
  const traffic = new Traffic(linesOf(LINE_COUNT), SMS_EVERY.keepalives);
  for (let round = 0; round <= rounds; round += 1) {
    const messages = traffic.take(burstSize);
    for (const kind of ['core', 'echo', 'largest'] as const) {
      const { server, answer } = { answer: undefined, ...contestants[kind] };
      // New sockets, so that no late answer of the burst before counts.
      const devices = await Devices.open(server.address, answer, SOCKETS, largest);
      const lost = await devices.burst(messages);
      await devices.close();
      if (round > 0) answered[kind].push(messages.length - lost.length);
    }
  }
  await Promise.all(Object.values(contestants).map(({ server }) => server.stop()));
  const against = (kind: 'echo' | 'largest', what: string, goal?: string): Figure => ({
    what: `answered without a resend, core : ${what}`,
    measured: spread(answered.core, whole),
    baseline: spread(answered[kind], whole),
    ratio: spread(ratiosOf(answered.core, answered[kind]), times),
    ...(goal === undefined ? {} : { goal }),
    size: `${burstSize} keepalives × ${rounds}, net.core.rmem_max ${largest}`,
  });
  return [
    against('echo', 'echo with default buffers'),
    against('largest', 'echo with the largest buffer that the kernel allows', '≥ 1'),
  ];
};

/** Bytes; 0 where the system is not Linux and does not tell. */
function largestBuffer(): number {
  try {
    return Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'));
  } catch {
    return 0;
  }
}
