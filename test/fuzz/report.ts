/** What came of a run, for people. */
import type { FuzzReport } from './fuzz.js';

export function printed(report: FuzzReport): string {
  const { seed, seconds, sent, handled, kinds, answers, barriersRepeated, heaps, honest, server, complaints } = report;
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  const rows = [
    ['seed', String(seed)],
    ['time', `${seconds.toFixed(1)} s, ${Math.round(sent / seconds)} datagrams a second`],
    ['datagrams', `${sent}, of these ${handled} went through the server`],
    ...Object.entries(kinds).map(([kind, count]) => [`  ${kind}`, String(count)]),
    ['dropped as', list({ ...server.dropped })],
    ['answers to strangers', String(answers)],
    ['events', list(server.events)],
    ['SMS of open lines', String(server.smsOfOpenLines)],
    ['honest keepalives', `${honest.keepalives}, acked after ${honest.longestAck.toFixed(0)} ms at most`],
    ['honest SMS', `${honest.sms}, ${honest.resent} of them sent again; reports and comings online ${honest.reports}`],
    [
      'honest jobs',
      `${honest.jobs}, numbers: ${list(honest.numbers)}; ${honest.wrongReplies} replies in the wrong state`,
    ],
    ['longest for a datagram', `${server.longest.toFixed(1)} ms`],
    ['heap at each quarter', heaps.map(megabytes).join(', ')],
    ['memory of the process', megabytes(server.rss)],
    ['barriers sent again', String(barriersRepeated)],
  ];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  const table = rows.map(([name = '', text = '']) => `  ${name.padEnd(width)}  ${text}`);
  const verdict =
    complaints.length === 0
      ? ['  nothing to complain about']
      : [`  BROKEN (${complaints.length}):`, ...complaints.map((complaint) => `  ${complaint}`)];
  return [...table, ...verdict].join('\n');
}
