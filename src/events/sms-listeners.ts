import type { EventEmitter } from 'node:events';
import type { ServerEvents } from './server-events.js';

/**
 * Takes SMS while somebody listens for `sms`: an SMS that is taken is gone from the journal, so there must be a listener.
 * @param take begins to take SMS; returns what ends it
 */
export function takeSmsForListeners(emitter: EventEmitter<ServerEvents>, take: () => () => void): void {
  let stopTaking: (() => void) | undefined;
  const update = (): void => {
    if (emitter.listenerCount('sms') > 0) stopTaking ??= take();
    else {
      stopTaking?.();
      stopTaking = undefined;
    }
  };
  const onMeta = (name: 'newListener' | 'removeListener', then: () => void): EventEmitter =>
    (emitter as EventEmitter).on(name, (about) => about === 'sms' && then());
  // `newListener` comes before the listener is in place.
  onMeta('newListener', () => queueMicrotask(update));
  onMeta('removeListener', update);
}
