import assert from 'node:assert/strict';
import { MAX_ID } from '../../src/parameters.js';
import { NEW_SESSION, step, type SessionEvent } from '../../src/sessions/machine.js';
import { randomFirstTelid } from '../../src/sessions/telids.js';
import { settingsFrom } from '../../src/config/settings.js';

describe('the first telid of a session', () => {
  it('is a random number that leaves room for millions more', () => {
    const telids = Array.from({ length: 1000 }, randomFirstTelid);
    assert.ok(telids.every((telid) => Number.isInteger(telid) && telid >= 1 && telid < MAX_ID - 10_000_000));
    assert.ok(new Set(telids).size > 990, 'hardly any two are the same');
    assert.ok(Math.max(...telids) > MAX_ID / 2, 'all bits are used');
  });

  it('is what the context of a session says; the next ones count up', () => {
    const context = {
      config: settingsFrom({}, true).session,
      now: 0,
      habit: 'unknown',
      firstTelid: 1_234_567,
    } as const;
    let state = NEW_SESSION;
    const on = (event: SessionEvent) => {
      const next = step(state, event, context);
      state = next.state;
      return next.actions;
    };
    on({ type: 'start' });
    on({ type: 'saved' });
    on({ type: 'reply', reply: { kind: 'PASSWORD', sendid: 11 } });
    on({ type: 'reply', reply: { kind: 'SEND', sendid: 11 } });
    assert.deepEqual(on({ type: 'number' }), [{ type: 'save', telid: 1_234_567 }]);
    on({ type: 'saved' });
    on({ type: 'reply', reply: { kind: 'OK', sendid: 11, telid: 1_234_567, smsNo: null } });
    assert.deepEqual(on({ type: 'number' }), [{ type: 'save', telid: 1_234_568 }]);
  });
});
