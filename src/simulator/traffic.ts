/** Invented SMS from invented people, for demos. */
import { Alarms, systemTimers, type Timers } from './alarms.js';
import type { GoipSimulator } from './gateway.js';
import type { InboundSms } from './inbound.js';
import { digits, mulberry32, pick, type Random } from './random.js';

export interface TrafficOptions {
  /** Seconds between two SMS. */
  readonly interval: number;
  /** Default 1: the same seed invents the same SMS. */
  readonly seed?: number;
  readonly timers?: Timers;
}

/** Every interval an SMS comes in on some line. Call the result to stop, before the gateway. */
export function startTraffic(gateway: GoipSimulator, { interval, seed = 1, timers }: TrafficOptions): () => void {
  const random = mulberry32(seed);
  const alarms = new Alarms(timers ?? systemTimers);
  const next = () => {
    const line = gateway.lines[Math.floor(random() * gateway.lines.length)];
    void line?.receiveSms(inventSms(random));
    alarms.after(interval, next);
  };
  alarms.after(interval, next);
  return () => alarms.clear();
}

/** Plain texts, and all that breaks careless servers: semicolons, newlines, field names, other scripts. */
export function inventSms(random: Random): InboundSms {
  const from = pick(random, `+1555${digits(random, 7)}`, `+4917${digits(random, 8)}`, digits(random, 5), 'SimBank');
  const code = digits(random, 6);
  const text = pick(
    random,
    `Your code is ${code}. Do not give it to anybody.`,
    'On my way; back at 18:30; call me!',
    `Dear customer,\nyour balance is ${digits(random, 2)}.50 EUR.\n\nThank you`,
    'Grüße aus Köln – schön war’s 👋',
    '您的验证码是' + code + ',请勿泄露。',
    'Привет! Как дела?',
    'مرحبا، كيف حالك؟',
    'lunch? ;id:not-a-field;msg:still the text',
    `Meter ${digits(random, 4)}: ${digits(random, 3)} kWh`,
    'ok',
    'INFO',
    'A rather long message that tells in many words what could have been told in a few, '.repeat(3).trim(),
  );
  // What asks for an answer comes from somebody who can get one.
  return { from: text === 'INFO' ? `+1555${digits(random, 7)}` : from, text };
}
