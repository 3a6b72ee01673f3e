/** What numbers cost in Node-RED: one message with very many of them, and very many messages with one. */
import path from 'node:path';
import { freeUdpPort } from '../node-red/free-port.js';
import { endChild, messageOf, startChild } from './child.js';
import { megabytes, milliseconds, ratiosOf, spread, times, whole, type Figure, type Row } from './figures.js';
import { numbersFlow } from './flows.js';
import { NodeRed } from './node-red-process.js';
import type { Load, LoadKind, Probed } from './numbers-probe.cjs';
import { ScriptedGateway } from './scripted-gateway.js';
import { linesOf } from './traffic.js';
import type { Address } from '../../src/index.js';

/** So many that the disk is the same for all and a number waits for nothing else. */
const LINE_COUNT = 64;

/** Each round takes new processes. */
const MOST_ROUNDS = 3;

/** Messages of one number, of all that are sent. */
const SINGLES = 0.1;

interface Kind {
  readonly name: string;
  readonly load: LoadKind;
  /** Whether output 2 leads to a node. */
  readonly isWired: boolean;
}

const KINDS: readonly Kind[] = [
  { name: 'strings', load: 'strings', isWired: false },
  { name: 'strings, output 2 wired', load: 'strings', isWired: true },
  { name: 'objects with a template', load: 'objects', isWired: false },
  { name: 'messages of one number', load: 'singles', isWired: false },
];

export const nodeRedNumbers: Row = async ({ numbers, rounds: wanted, directory }) => {
  const rounds = Math.min(wanted, MOST_ROUNDS);
  const figures: Figure[] = [];
  for (const kind of KINDS) {
    const count = kind.load === 'singles' ? Math.ceil(numbers * SINGLES) : numbers;
    const runs: Record<'core' | 'nodeRed', Run[]> = { core: [], nodeRed: [] };
    for (let round = 0; round < rounds; round += 1) {
      const place = path.join(directory, `${kind.load}-${String(kind.isWired)}-${round}`);
      runs.core.push(await measure(await coreSender(place), kind.load, count));
      runs.nodeRed.push(await measure(await nodeRedSender(place, kind.isWired), kind.load, count));
    }
    const compare = (
      what: string,
      of: (run: Run) => number,
      format: (value: number) => string,
      goal?: string,
    ): Figure => {
      const [measured, baseline] = [runs.nodeRed.map(of), runs.core.map(of)];
      return {
        what: `${kind.name}: ${what}, Node-RED : core`,
        measured: spread(measured, format),
        baseline: spread(baseline, format),
        ratio: spread(ratiosOf(measured, baseline), times),
        ...(goal === undefined ? {} : { goal }),
        size: `${count} numbers, ${LINE_COUNT} lines, ${rounds} processes each`,
      };
    };
    figures.push(
      compare(
        'longest standstill from input to result',
        ({ timed }) => timed.standstill.wallMs,
        milliseconds,
        '≤ 50 ms',
      ),
      compare('the same in processor time', ({ timed }) => timed.standstill.cpuMs, milliseconds),
      compare(
        'CPU per number',
        ({ timed }) => timed.cpuMicros / count,
        (value) => `${whole(value)} µs`,
      ),
      compare('heap above idle at most, after gc', ({ watched }) => watched.peak, megabytes, '≤ 100 MB'),
      compare('heap above idle with the result, after gc', ({ watched }) => watched.left, megabytes, '≤ 100 MB'),
    );
  }
  return figures;
};

interface Run {
  /** With all garbage collected all the time. */
  readonly watched: Probed;
  readonly timed: Probed;
}

interface Sender {
  readonly address: Address;
  send(load: Load): Promise<Probed>;
  stop(): Promise<void>;
}

async function measure(sender: Sender, kind: LoadKind, numbers: number): Promise<Run> {
  const gateway = await ScriptedGateway.open(sender.address, 0);
  try {
    await gateway.register(linesOf(LINE_COUNT));
    const watched = await sender.send({ kind, numbers, isHeapWatched: true });
    const timed = await sender.send({ kind, numbers, isHeapWatched: false });
    return { watched, timed };
  } finally {
    gateway.close();
    await sender.stop();
  }
}

async function coreSender(directory: string): Promise<Sender> {
  const child = startChild('numbers-core-child.ts', path.join(directory, 'core'), String(LINE_COUNT));
  const address = await messageOf<Address>(child);
  const send = (load: Load): Promise<Probed> => {
    const probed = messageOf<Probed>(child);
    child.send(load);
    return probed;
  };
  return { address, send, stop: () => endChild(child) };
}

async function nodeRedSender(directory: string, isWired: boolean): Promise<Sender> {
  const nodeRed = await NodeRed.start(
    path.join(directory, 'node-red'),
    numbersFlow(await freeUdpPort(), LINE_COUNT, isWired),
  );
  await nodeRed.answers();
  return { address: nodeRed.address, send: (load) => nodeRed.probe(load), stop: () => nodeRed.stop() };
}
