import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { EVENT_KINDS, type LineState, type Rejection } from '../../src/index.js';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { LATIN, partsOf, textOf } from '../inbox/long-sms.js';
import { useNodeRed, type Message } from './harness.js';
import { flowNode, IDS, PASSWORD, serverNode, startFlow, TAB } from './stage.js';

const goipIn = (properties: object = {}, id = 'in', outputs = ['sms', 'event']) =>
  flowNode('goip in', id, outputs, properties);

describe('goip in', () => {
  const nodeRed = useNodeRed();

  it('sends a received SMS as the contract says', async () => {
    const { gateway } = await startFlow(nodeRed, goipIn());
    const { recvid } = await gateway.line(IDS[0]).receiveSms({ from: 'INFO', text: ' a; b: c\n' });
    const { payload, topic, from, goip } = await nodeRed.nextMessage('sms');
    assert.deepEqual({ payload, topic, from }, { payload: ' a; b: c\n', topic: IDS[0], from: 'INFO' });
    const { receivedAt, remote, ...rest } = goip as Record<string, unknown>;
    assert.deepEqual(rest, { event: 'sms', device: IDS[0], name: `Line ${IDS[0]}`, from: 'INFO', recvid });
    assert.match(String(receivedAt), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual(remote, { address: '127.0.0.1', port: gateway.line(IDS[0]).port });
  });

  it('sends events on its second output: line states for online, offline and keepalive', async () => {
    const { gateway } = await startFlow(nodeRed, goipIn(), { server: { offlineAfter: '0.1' } });
    const isAbout = (kind: string) => (message: object) =>
      'goip' in message && (message.goip as { event: string }).event === kind;
    for (const kind of ['online', 'keepalive', 'offline']) {
      const { topic, payload, goip } = await nodeRed.nextMessage('event', isAbout(kind));
      const state = payload as LineState;
      assert.equal(state.device, topic);
      assert.equal(state.online, kind !== 'offline');
      assert.deepEqual(Object.keys(goip as object), ['event', 'device', 'name', 'receivedAt']);
    }
    assert.equal(gateway.lines.length, 2);
    assert.deepEqual(nodeRed.messages('sms'), []);
  });

  it('sends the kinds of events that were chosen, and no others', async () => {
    const { gateway } = await startFlow(nodeRed, goipIn({ events: ['state', 'unknown'] }));
    await gateway
      .line(IDS[1])
      .notify({ verb: 'STATE', gsm_remain_state: 'IDLE' } as never)
      .catch(() => undefined);
    gateway.line(IDS[1]).sendRaw(`STATE:5;id:${IDS[1]};password:correct horse;gsm_remain_state:INCOMING:10086`);
    const { payload, topic } = await nodeRed.nextMessage(
      'event',
      ({ payload }) => (payload as { recvid?: string }).recvid === '5',
    );
    assert.deepEqual(payload, { recvid: '5', state: 'INCOMING', number: '10086' });
    assert.equal(topic, IDS[1]);
    const kinds = nodeRed.messages('event').map(({ goip }) => (goip as { event: string }).event);
    assert.deepEqual(kinds, ['state']);
  });

  it('names kinds of events that do not exist, and sends the others', async () => {
    const events = ['online', 'Offline', PASSWORD];
    await startFlow(nodeRed, flowNode('goip in', 'in', ['sms', 'event'], { events }));
    await nodeRed.nextMessage('event');
    assert.deepEqual(
      nodeRed.logged('warn').flatMap(({ id, msg }) => (id === 'in' ? [msg] : [])),
      ['"Offline"', '"••••"'].map((kind) => `events holds ${kind}, which is no kind of event; it is left out`),
    );
  });

  it('takes the lines that were chosen; another node gets the rest', async () => {
    const nodes = [
      ...goipIn({ devices: [IDS[1]] }),
      ...goipIn({ devices: [IDS[0]] }, 'other', ['otherSms', 'otherEvent']),
    ];
    const { gateway } = await startFlow(nodeRed, nodes);
    await gateway.line(IDS[0]).receiveSms({ from: '1', text: 'for the other' });
    await gateway.line(IDS[1]).receiveSms({ from: '1', text: 'for the first' });
    assert.equal((await nodeRed.nextMessage('sms')).payload, 'for the first');
    assert.equal((await nodeRed.nextMessage('otherSms')).payload, 'for the other');
    const events = nodeRed.messages('event').map(({ topic, goip }) => [topic, (goip as { event: string }).event]);
    assert.deepEqual(events, [
      [IDS[1], 'online'],
      [IDS[1], 'keepalive'],
    ]);
  });

  describe('with eventDelay', () => {
    const nodes = [
      ...goipIn({ events: ['online', 'offline'] }),
      ...flowNode('goip status', 'status', ['line'], { emit: 'request', devices: [IDS[0]] }),
    ];
    const GATEWAY = { keepaliveInterval: 0.02 };
    const told = () => nodeRed.messages('event').map(({ topic, goip }) => [topic, (goip as { event: string }).event]);

    async function whenOnline(wanted: boolean): Promise<void> {
      for (;;) {
        nodeRed.receive('status', {});
        const { payload } = await nodeRed.nextMessage('line');
        if ((payload as LineState).online === wanted) return;
      }
    }

    it('tells nothing of a line that goes and comes again before that', async () => {
      const { gateway } = await startFlow(nodeRed, nodes, {
        server: { offlineAfter: 0.2, eventDelay: '60' },
        gateway: GATEWAY,
      });
      gateway.partition(IDS[0]);
      await whenOnline(false);
      gateway.heal();
      await whenOnline(true);
      assert.deepEqual(told(), []);
    });

    it('tells of lines that stay', async () => {
      const { gateway } = await startFlow(nodeRed, nodes, {
        server: { offlineAfter: 0.2, eventDelay: 0.05 },
        gateway: GATEWAY,
      });
      await nodeRed.nextMessages('event', 2);
      gateway.partition(IDS[0]);
      await nodeRed.nextMessage('event');
      assert.deepEqual(told(), [
        [IDS[0], 'online'],
        [IDS[1], 'online'],
        [IDS[0], 'offline'],
      ]);
    });
  });

  describe('tells who was rejected', () => {
    const KINDS = { events: ['rejected'] };

    it('if that was chosen, and with devices chosen only of those', async () => {
      const nodes = [
        ...goipIn(KINDS),
        ...goipIn({ ...KINDS, devices: [IDS[1]] }, 'one', ['oneSms', 'oneEvent']),
        ...goipIn({}, 'usual', ['usualSms', 'usualEvent']),
      ];
      const { gateway } = await startFlow(nodeRed, nodes);
      const line = gateway.line(IDS[0]);
      line.sendRaw('req:1;id:stranger;pass:x;');
      line.sendRaw(`req:1;id:${IDS[1]};pass:wrong;`);
      const [stranger, wrong] = await nodeRed.nextMessages('event', 2);
      const { since, lastSeen, ...rejection } = stranger?.payload as Rejection;
      assert.deepEqual(rejection, {
        ...{ id: 'stranger', address: '127.0.0.1', port: line.port, reason: 'unknown id', count: 1 },
      });
      assert.match(since, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      assert.equal(lastSeen, since);
      assert.deepEqual([stranger?.topic, wrong?.topic], ['stranger', IDS[1]]);
      assert.deepEqual(stranger?.goip, { event: 'rejected', device: 'stranger', name: '', receivedAt: since });
      const { payload } = await nodeRed.nextMessage('oneEvent');
      assert.deepEqual([(payload as Rejection).id, (payload as Rejection).reason], [IDS[1], 'wrong password']);
      assert.equal(nodeRed.messages('oneEvent').length, 1);
      const usual = nodeRed.messages('usualEvent').map(({ goip }) => (goip as { event: string }).event);
      assert(usual.length > 0 && !usual.includes('rejected'));
    });

    it('by an id in which nothing does anything', async () => {
      const { gateway } = await startFlow(nodeRed, goipIn(KINDS));
      gateway.line(IDS[0]).sendRaw('req:1;id:a\u001b[31m\u202eb\nc;pass:x;');
      const { topic, payload } = await nodeRed.nextMessage('event');
      assert.deepEqual([topic, (payload as Rejection).id], Array(2).fill('a\\u001b[31m\\u202eb\\u000ac'));
    });
  });

  it('has a meaning for each kind of event, in every language', () => {
    const file = (...names: string[]) => readFileSync(path.join(__dirname, '..', '..', 'nodes', ...names), 'utf8');
    for (const language of readdirSync(path.join(__dirname, '..', '..', 'nodes', 'locales'))) {
      const { 'goip-in': texts } = JSON.parse(file('locales', language, 'goip-in.json')) as {
        'goip-in': { event: Readonly<Record<string, string>> };
      };
      assert.deepEqual(Object.keys(texts.event), EVENT_KINDS, language);
    }
  });

  it('gives each node a message of its own', async () => {
    const nodes = [...goipIn(), ...goipIn({}, 'second', ['secondSms', 'secondEvent'])];
    const { gateway } = await startFlow(nodeRed, nodes);
    await gateway.line(IDS[0]).receiveSms({ from: '1', text: 'both' });
    const [one, two] = [await nodeRed.nextMessage('sms'), await nodeRed.nextMessage('secondSms')];
    assert.equal(two.payload, 'both');
    assert.notEqual(one.goip, two.goip);
  });

  it('loses no SMS that comes while the node is away in a partial deploy', async () => {
    const { flow, gateway } = await startFlow(nodeRed, goipIn());
    await nodeRed.deploy(
      flow.filter(({ id }) => id !== 'in').concat(flowNode('goip status', 'status', ['line'])),
      'nodes',
    );
    const { acked } = await gateway.line(IDS[0]).receiveSms({ from: '1', text: 'meanwhile' });
    assert.equal(acked, true);
    await nodeRed.deploy(flow, 'nodes');
    assert.equal((await nodeRed.nextMessage('sms')).payload, 'meanwhile');
  });

  for (const [type, storage] of [
    ['full', 'disk'],
    ['full', 'memory'],
    ['flows', 'disk'],
    ['nodes', 'disk'],
  ] as const) {
    it(`delivers no copy of an SMS a second time after a deploy of type ${type}, with storage ${storage}`, async () => {
      const { flow, gateway } = await startFlow(nodeRed, goipIn(), { server: { storage } });
      const copy = `RECEIVE:42;id:${IDS[0]};password:correct horse;srcnum:+1;msg:once`;
      gateway.line(IDS[0]).sendRaw(copy);
      assert.equal((await nodeRed.nextMessage('sms')).payload, 'once');
      const changed = flow.map((node) => (node.id === 'in' ? { ...node, name: 'renamed' } : node));
      await nodeRed.deploy(changed, type);
      await nodeRed.whenStatus('in', ({ fill }) => fill === 'green');
      gateway.line(IDS[0]).sendRaw(copy);
      await gateway.line(IDS[0]).receiveSms({ from: '+1', text: 'the next' });
      // An SMS that came right before the deploy may be delivered again, and then it is flagged.
      const isUnflagged = ({ goip }: Message): boolean => !(goip as { redelivered?: boolean }).redelivered;
      assert.equal((await nodeRed.nextMessage('sms', isUnflagged)).payload, 'the next');
    });
  }

  describe('with long SMS that come in parts', () => {
    const LONG = textOf(LATIN, 400);
    const PARTS = partsOf(LONG);

    /** Lets the parts come in that are given by their places; returns their recvids. */
    async function receive(gateway: GoipSimulator, ...places: readonly number[]): Promise<string[]> {
      const recvids: string[] = [];
      for (const text of PARTS.filter((_part, place) => places.includes(place))) {
        const { acked, recvid } = await gateway.line(IDS[0]).receiveSms({ from: '+1', text });
        assert.equal(acked, true);
        recvids.push(recvid);
      }
      return recvids;
    }

    it('sends one message, which tells the parts, if the server joins them; each node has one of its own', async () => {
      const nodes = [...goipIn(), ...goipIn({}, 'second', ['secondSms', 'secondEvent'])];
      const { gateway } = await startFlow(nodeRed, nodes, { server: { joinParts: '30' } });
      const recvids = await receive(gateway, 0, 1, 2);
      const [one, two] = [await nodeRed.nextMessage('sms'), await nodeRed.nextMessage('secondSms')];
      const first = one.goip as { recvid: string; parts: string[] };
      const second = two.goip as { parts: string[] };
      assert.deepEqual([one.payload, first.parts, first.recvid], [LONG, recvids, recvids[0]]);
      assert.deepEqual(second.parts, recvids);
      assert.notEqual(first.parts, second.parts);
      assert.equal(nodeRed.messages('sms').length, 1);
    });

    it('sends what is there when the time is over', async () => {
      const { gateway } = await startFlow(nodeRed, goipIn(), { server: { joinParts: 0.05 } });
      await receive(gateway, 0);
      const { payload, goip } = await nodeRed.nextMessage('sms');
      assert.equal(payload, PARTS[0]);
      assert.equal('parts' in (goip as object), false);
    });

    for (const joinParts of [undefined, 0, '']) {
      it(`sends them as they come if joinParts is ${JSON.stringify(joinParts)}`, async () => {
        const { gateway } = await startFlow(nodeRed, goipIn(), { server: { joinParts } });
        await receive(gateway, 0, 1, 2);
        const payloads = (await nodeRed.nextMessages('sms', 3)).map(({ payload }) => payload);
        assert.deepEqual(payloads, PARTS);
      });
    }

    for (const storage of ['disk', 'memory']) {
      it(`joins those before and after a deploy; what has waited comes as it is if it switches that off: ${storage}`, async () => {
        const server = { joinParts: 30, storage };
        const { flow, gateway } = await startFlow(nodeRed, goipIn(), { server });
        const before = await receive(gateway, 0, 1);
        await nodeRed.deploy(flow, 'full');
        await nodeRed.whenStatus('in', ({ fill }) => fill === 'green');
        const after = await receive(gateway, 2);
        const { payload, goip } = await nodeRed.nextMessage('sms');
        const { parts, redelivered } = goip as { parts: string[]; redelivered: boolean };
        assert.deepEqual([payload, parts, redelivered], [LONG, [...before, ...after], true]);

        await receive(gateway, 0);
        const changed = flow.map((node) => (node.id === 'server' ? { ...node, joinParts: 0 } : node));
        await nodeRed.deploy(changed, 'full');
        assert.equal((await nodeRed.nextMessage('sms')).payload, PARTS[0]);
      });
    }

    it('names a time that is none, and joins nothing', async () => {
      await nodeRed.loadFlow([TAB, serverNode(0, { joinParts: 'soon' }), ...goipIn()]);
      await nodeRed.whenStatus('in', 'listening');
      assert.match(String(nodeRed.logged('warn').map(({ msg }) => msg)), /joinParts must be a number of seconds/);
    });
  });

  it('shows that it has no server, and does not crash', async () => {
    await nodeRed.loadFlow([TAB, ...goipIn({ server: 'nowhere' }), ...goipIn({ server: '' }, 'blank', ['a', 'b'])]);
    for (const id of ['in', 'blank']) {
      assert.deepEqual(await nodeRed.whenStatus(id, 'no server'), { fill: 'grey', shape: 'ring', text: 'no server' });
    }
  });
});
