/** When a soak kills Node-RED: after some time or with a datagram, sometimes before its start is over. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DatagramEvent, GoipSimulator } from '../../src/simulator/index.js';
import { between, pick, type Random } from '../../src/simulator/random.js';
import type { Life } from './life.js';

export interface Moment {
  readonly name: string;
  /** Resolves when the moment has come; rejects if the process ends before. */
  readonly come: Promise<void>;
}

/** Datagrams to aim at: what the server has just sent, and what it is about to get. */
const VERBS = [
  'MSG',
  'PASSWORD',
  'SEND',
  'SEND',
  'DONE',
  'RECEIVE ',
  'RECEIVE:',
  'RECEIVE:',
  'OK',
  'OK',
  'WAIT',
] as const;

export class Moments {
  constructor(
    private readonly gateway: GoipSimulator,
    private readonly random: Random,
  ) {}

  /** @param recovered resolves when the process has started and answers */
  next(life: Life, recovered: Promise<void>): Moment {
    const { random } = this;
    const lifetime = between(random, [50, 2000]);
    const start = between(random, [300, 900]);
    const reaction = between(random, [0, 60]);
    const verb = pick(random, ...VERBS);
    switch (pick(random, 'time', 'time', 'time', 'datagram', 'datagram', 'datagram', 'datagram', 'start', 'answer')) {
      case 'start':
        return { name: 'start', come: delay(start) };
      case 'answer':
        return { name: 'first answer', come: this.answer(life).then(() => delay(reaction)) };
      case 'time':
        return { name: 'time', come: recovered.then(() => delay(lifetime)) };
      default: {
        // At once, in the very call with which the datagram gets on its way.
        const aimed = recovered
          .then(() => delay(lifetime / 2))
          .then(() => Promise.race([this.#datagram(life, isAbout(verb), () => life.kill()), delay(1000)]));
        return { name: verb, come: aimed };
      }
    }
  }

  /** Resolves with the next datagram that a process sends; rejects with its end. */
  answer(life: Life): Promise<void> {
    return this.#datagram(life, ({ direction }) => direction === 'toDevice');
  }

  #datagram(life: Life, matches: (datagram: DatagramEvent) => boolean, then?: () => void): Promise<void> {
    const { gateway } = this;
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        gateway.off('datagram', listener);
        life.signal.removeEventListener('abort', onEnd);
      };
      const listener = (datagram: DatagramEvent): void => {
        if (!matches(datagram)) return;
        stop();
        then?.();
        resolve();
      };
      const onEnd = (): void => {
        stop();
        reject(new Error('Node-RED has ended'));
      };
      gateway.on('datagram', listener);
      life.signal.addEventListener('abort', onEnd);
    });
  }
}

/** PASSWORD, SEND and DONE go both ways; either one matches. */
const isAbout =
  (verb: string) =>
  ({ text }: DatagramEvent): boolean =>
    text.startsWith(verb);
