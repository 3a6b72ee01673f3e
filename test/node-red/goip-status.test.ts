import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { NodeDiagnostics } from '../../nodes/shared/diagnostics.js';
import type { LineState, Rejection } from '../../src/index.js';
import { useNodeRed } from './harness.js';
import { freeUdpPort } from './free-port.js';
import {
  CREDENTIALS,
  deviceRows,
  errorIn,
  flowNode,
  IDS,
  outcomeNodes,
  PASSWORD,
  serverNode,
  startFlow,
  TAB,
} from './stage.js';

const goipStatus = (properties: object = {}) => flowNode('goip status', 'status', ['line'], properties);

describe('goip status', () => {
  const nodeRed = useNodeRed();

  it('answers any message with itself and the states of all lines', async () => {
    await startFlow(nodeRed, goipStatus({ emit: 'request' }));
    nodeRed.receive('status', { payload: 'anything', topic: 'kept', _msgid: 'abc' });
    const { payload, topic, _msgid } = await nodeRed.nextMessage('line');
    assert.deepEqual([topic, _msgid], ['kept', 'abc']);
    const lines = payload as LineState[];
    assert.deepEqual(
      lines.map(({ device, name, online }) => [device, name, online]),
      IDS.map((id) => [id, `Line ${id}`, true]),
    );
    assert.equal(nodeRed.messages('line').length, 1);
  });

  for (const [emit, shown] of [
    ['Keepalive', '"Keepalive"'],
    [PASSWORD, '"••••"'],
    [{}, 'an object'],
    ['${GOIP_NOT_SET}', '"${GOIP_NOT_SET}"'],
  ] as const) {
    it(`names a wrong emit, ${JSON.stringify(emit)}, and sends changes`, async () => {
      await startFlow(nodeRed, goipStatus({ emit }));
      await nodeRed.nextMessage('line');
      assert.deepEqual(
        nodeRed.logged('warn').flatMap(({ id, msg }) => (id === 'status' ? [msg] : [])),
        [`emit must be one of change, keepalive, request, not ${shown}; change is used`],
      );
    });
  }

  it('quotes no wrong emit without a server, which knows what a password is', async () => {
    await nodeRed.loadFlow([TAB, ...goipStatus({ emit: PASSWORD, server: 'nobody' })], CREDENTIALS);
    assert.deepEqual(
      nodeRed.logged('warn').flatMap(({ id, msg }) => (id === 'status' ? [msg] : [])),
      ['emit must be one of change, keepalive, request, not a text; change is used'],
    );
  });

  it('answers with who was refused and what was dropped, too', async () => {
    const { gateway } = await startFlow(nodeRed, goipStatus({ emit: 'request', devices: [IDS[1]] }));
    const line = gateway.line(IDS[0]);
    line.sendRaw('req:1;id:stranger;pass:x;');
    line.sendRaw('nonsense');
    // What a socket sends stays in order.
    await line.notify({ kind: 'EXPIRY', minutes: 1 });
    nodeRed.receive('status', {});
    const { jobs, jobCount, rejected, dropped } = await nodeRed.nextMessage('line');
    assert.deepEqual([jobs, jobCount], [[], 0]);
    const [rejection, ...more] = rejected as Rejection[];
    assert.deepEqual([rejection?.id, rejection?.reason, rejection?.count, more], ['stranger', 'unknown id', 1, []]);
    assert.deepEqual(dropped, { malformed: 1, unauthorized: 1, unexpected: 0, foreign: 0, unsaved: 0, held: 0 });
  });

  it('answers msg.action "diagnostics" with what is fit for a bug report', async () => {
    const { gateway } = await startFlow(nodeRed, goipStatus({ emit: 'request', devices: [IDS[1]] }));
    gateway.line(IDS[0]).sendRaw(`nonsense ${PASSWORD}`);
    await gateway.line(IDS[0]).notify({ kind: 'EXPIRY', minutes: 1 });
    nodeRed.receive('status', { action: 'diagnostics', topic: 'kept' });
    const { payload, topic, ...rest } = await nodeRed.nextMessage('line');
    const { state, versions, lines, protocolErrors } = payload as NodeDiagnostics;
    assert.deepEqual([state, versions.nodeRed, topic], ['listening', nodeRed.version, 'kept']);
    assert.deepEqual(
      lines?.map(({ device, habit }) => [device, habit]),
      IDS.map((id) => [id, 'unknown']),
    );
    assert.deepEqual(
      protocolErrors?.map(({ kind, text }) => [kind, text]),
      [['malformed', 'nonsense ••••']],
    );
    assert.doesNotMatch(JSON.stringify(payload), new RegExp(`Line ${IDS[0]}|${PASSWORD}`));
    assert.deepEqual(Object.keys(rest).sort(), ['_msgid', 'action']);
  });

  it('answers with one object if exactly one device was chosen', async () => {
    await startFlow(nodeRed, goipStatus({ emit: 'request', devices: [IDS[1]] }));
    nodeRed.receive('status', {});
    assert.equal(((await nodeRed.nextMessage('line')).payload as LineState).device, IDS[1]);
  });

  for (const [what, device, server] of [
    ['is unknown', 'unknown', {}],
    ['is switched off', IDS[1], { devices: deviceRows({ [IDS[1]]: { disabled: true } }) }],
  ] as const) {
    it(`answers with null if the one device that was chosen ${what}`, async () => {
      const port = await freeUdpPort();
      const nodes = [...goipStatus({ emit: 'request', devices: [device] }), ...outcomeNodes('status')];
      await nodeRed.loadFlow([TAB, serverNode(port, server), ...nodes], CREDENTIALS);
      nodeRed.receive('status', { topic: 'kept' });
      const { payload, topic, jobs } = await nodeRed.nextMessage('line');
      assert.deepEqual([payload, topic, jobs], [null, 'kept', []]);
      await nodeRed.nextMessage('completed');
    });
  }

  it('leaves devices without a line out of an array', async () => {
    await startFlow(nodeRed, goipStatus({ emit: 'request', devices: ['unknown', IDS[1]] }));
    nodeRed.receive('status', {});
    const { payload } = await nodeRed.nextMessage('line');
    assert.deepEqual(
      (payload as LineState[]).map(({ device: id }) => id),
      [IDS[1]],
    );
  });

  it('tells changes once, as single line states with the device as topic', async () => {
    const { gateway } = await startFlow(nodeRed, goipStatus({ devices: [IDS[0]] }), {
      gateway: { keepaliveInterval: 0.02 },
    });
    const first = await nodeRed.nextMessage('line');
    assert.equal(first.topic, IDS[0]);
    assert.equal((first.payload as LineState).gsmStatus, 'LOGIN');
    gateway.line(IDS[0]).logout();
    const second = await nodeRed.nextMessage('line');
    assert.equal((second.payload as LineState).gsmStatus, 'LOGOUT');
    gateway.line(IDS[0]).configure({ keepaliveValues: { signal: '5' } });
    const third = await nodeRed.nextMessage('line');
    assert.equal((third.payload as LineState).signal, 5);
    // Many keepalives came in between, and none of them was news.
    assert.equal(nodeRed.messages('line').length, 3);
  });

  it('tells every keepalive if asked to', async () => {
    await startFlow(nodeRed, goipStatus({ emit: 'keepalive', devices: [IDS[0]] }), {
      gateway: { keepaliveInterval: 0.01 },
    });
    const [one, two] = await nodeRed.nextMessages('line', 2);
    const counts = [one, two].map((message) => Number((message?.payload as LineState).raw['req']));
    assert.deepEqual(counts, [1, 2]);
  });

  describe('of lines with limits', () => {
    const nodes = (emit: string) => [
      ...flowNode('goip send', 'send', ['result', 'progress']),
      ...flowNode('goip in', 'in', ['sms', 'event'], { events: ['limit-reached'] }),
      ...goipStatus({ emit, devices: [IDS[0]] }),
    ];
    /** The wall clock starts at noon: no hour and no day ends while a test runs. Time passes faster if a test says so. */
    const noon = new Date().setHours(12, 0, 0, 0);
    let laterMs = 0;
    beforeEach(() => {
      laterMs = 0;
      const passed = performance.now.bind(performance);
      const start = passed();
      mock.method(Date, 'now', () => noon + laterMs + passed() - start);
      mock.method(performance, 'now', () => laterMs + passed());
    });
    afterEach(() => mock.restoreAll());

    it('tells how much they have sent, and why and until when they send no more', async () => {
      const { gateway } = await startFlow(nodeRed, nodes('request'), {
        server: { hourLimit: '100', devices: deviceRows({ [IDS[0]]: { limits: { hourLimit: '', dayLimit: '2' } } }) },
      });
      const state = async (): Promise<LineState> => {
        nodeRed.receive('status', {});
        return (await nodeRed.nextMessage('line')).payload as LineState;
      };
      const { usage, hold } = await state();
      assert.deepEqual([usage, hold], [{ hour: 0, day: 0 }, null]);
      nodeRed.receive('send', { payload: 'x', to: ['1', '2', '3'], device: IDS[0] });
      const { topic, payload } = await nodeRed.nextMessage('event');
      const until = new Date(new Date(noon).setHours(24)).toISOString();
      const spent = { hour: 2, day: 2 };
      assert.equal(topic, IDS[0]);
      for (const { usage: used, hold: held } of [payload as LineState, await state()]) {
        assert.deepEqual([used, held], [spent, { reason: 'day-limit', until }]);
      }
      await gateway.whenOnAir(2);
      assert.equal((await state()).queue.waiting, 1);
    });

    it('tells when one has sent what it may, and when it may send again', async () => {
      await startFlow(nodeRed, nodes('change'), {
        server: { hourLimit: 1, offlineAfter: 86_400 },
        gateway: { keepaliveInterval: 0.02 },
      });
      const hold = async () => ((await nodeRed.nextMessage('line')).payload as LineState).hold?.reason;
      assert.equal(await hold(), undefined);
      nodeRed.receive('send', { payload: 'x', to: '1', device: IDS[0] });
      assert.equal(await hold(), 'hour-limit');
      laterMs = 3_600_000;
      assert.equal(await hold(), undefined);
      assert.equal(nodeRed.messages('line').length, 3);
    });

    it('takes the pause after each SMS, and its end, for no news', async () => {
      const { gateway } = await startFlow(nodeRed, nodes('change'), { server: { pauseMin: 60, offlineAfter: 86_400 } });
      await nodeRed.nextMessage('line');
      nodeRed.receive('send', { payload: 'x', to: '1', device: IDS[0] });
      await nodeRed.nextMessage('result');
      const line = gateway.line(IDS[0]);
      const news = async (signal: string) => {
        line.keepalive();
        line.configure({ keepaliveValues: { signal } });
        line.keepalive();
        const { payload } = await nodeRed.nextMessage('line');
        return [(payload as LineState).signal, (payload as LineState).hold?.reason];
      };
      assert.deepEqual(await news('5'), [5, 'pause']);
      laterMs = 61_000;
      assert.deepEqual(await news('7'), [7, undefined]);
    });

    it('tells quiet hours, in which urgent messages go out and no others', async () => {
      const { gateway } = await startFlow(nodeRed, nodes('request'), { server: { quietHours: '11:00-13:30' } });
      for (const priority of ['normal', 'high']) {
        nodeRed.receive('send', { payload: priority, to: '1', device: IDS[0], priority });
      }
      await nodeRed.nextMessage('result');
      nodeRed.receive('status', {});
      const { hold, queue } = (await nodeRed.nextMessage('line')).payload as LineState;
      const until = new Date(new Date(noon).setHours(13, 30)).toISOString();
      assert.deepEqual([hold, queue.waiting], [{ reason: 'quiet-hours', until }, 1]);
      assert.deepEqual(
        gateway.onAir.map(({ text }) => text),
        ['high'],
      );
    });

    it('tells groups', async () => {
      await startFlow(nodeRed, nodes('request'), {
        server: { devices: deviceRows({ [IDS[0]]: { group: 'office' } }) },
      });
      nodeRed.receive('status', {});
      assert.equal(((await nodeRed.nextMessage('line')).payload as LineState).group, 'office');
    });
  });

  it('fails with GOIP_NO_SERVER without a server', async () => {
    await nodeRed.loadFlow([TAB, ...goipStatus({ server: 'nowhere' }), ...outcomeNodes('status')]);
    nodeRed.receive('status', {});
    assert.equal(errorIn(await nodeRed.nextMessage('caught')).code, 'GOIP_NO_SERVER');
    assert.deepEqual(nodeRed.messages('line'), []);
  });

  it('shows how many of its lines are online, and when all are gone', async () => {
    const { gateway } = await startFlow(nodeRed, goipStatus(), {
      server: { offlineAfter: 0.2 },
      gateway: { keepaliveInterval: 0.02 },
    });
    assert.deepEqual(await nodeRed.whenStatus('status', '2/2'), { fill: 'green', shape: 'dot', text: '2/2' });
    gateway.partition(IDS[0]);
    await nodeRed.whenStatus('status', '1/2');
    gateway.partition();
    assert.deepEqual(await nodeRed.whenStatus('status', 'disconnected'), {
      fill: 'red',
      shape: 'ring',
      text: 'disconnected',
    });
    gateway.heal();
    await nodeRed.whenStatus('status', '2/2');
  });
});
