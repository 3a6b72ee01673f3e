import fc from 'fast-check';
import type { DeviceTraits } from './reference-device.js';

// Integers, because the doubles of fast-check are spread over their bits: nearly all of them next to nothing.
export const seconds = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: min * 1000, max: max * 1000 }).map((ms) => ms / 1000);

/** A probability. */
export const percent = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max }).map((value) => value / 100);

export const TRAITS: fc.Arbitrary<Pick<DeviceTraits, 'firmware' | 'onAirAt' | 'sendsAfterRelease'>> = fc.record({
  firmware: fc.constantFrom('push', 'poll', 'direct'),
  onAirAt: fc.constantFrom('start', 'end'),
  sendsAfterRelease: fc.boolean(),
});

export const STATUS_QUERY = fc.constantFrom('auto', 'poll', 'never');
