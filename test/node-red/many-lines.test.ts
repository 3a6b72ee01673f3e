/** Many lines as one, through the nodes: who sends what, and who comes first. */
import assert from 'node:assert/strict';
import type { JobResult, LineState, RecipientStatus } from '../../src/index.js';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { useNodeRed, type Message } from './harness.js';
import { deviceRows, errorIn, flowNode, IDS, outcomeNodes, startFlow } from './stage.js';

const [FIRST, SECOND] = IDS;
const GROUPS = deviceRows({ [FIRST]: { group: 'office' }, [SECOND]: { group: ' de ' } });

const goipSend = (properties: object = {}) => [
  ...flowNode('goip send', 'send', ['result', 'progress'], properties),
  ...outcomeNodes('send'),
];
const resultIn = ({ payload }: Message) => payload as JobResult;
const statusIn = ({ payload }: Message) => payload as RecipientStatus;
const sentBy = (gateway: GoipSimulator) => gateway.onAir.map(({ to, device }) => [to, device]);

describe('many lines', () => {
  const nodeRed = useNodeRed();

  const send = async (message: object): Promise<JobResult> => {
    nodeRed.receive('send', { payload: 'x', ...message });
    return resultIn(await nodeRed.nextMessage('result'));
  };

  describe('a group', () => {
    it('of the device list can be named instead of its lines, by the message or in the node', async () => {
      const { gateway } = await startFlow(nodeRed, goipSend(), { server: { devices: GROUPS } });
      await send({ to: ['1', '2'], device: 'de' });
      await send({ to: '3', device: ['office'] });
      await send({ to: ['4', '5'], device: ['office', SECOND] });
      assert.deepEqual(sentBy(gateway).slice(0, 3), [
        ['1', SECOND],
        ['2', SECOND],
        ['3', FIRST],
      ]);
      assert.deepEqual(
        gateway.onAir
          .slice(3)
          .map(({ device }) => device)
          .sort(),
        [FIRST, SECOND],
      );
    });

    it('that nobody has is refused', async () => {
      const { gateway } = await startFlow(nodeRed, goipSend({ device: 'fr', deviceType: 'str' }), {
        server: { devices: GROUPS },
      });
      nodeRed.receive('send', { payload: 'x', to: '1' });
      const { code, message } = errorIn(await nodeRed.nextMessage('caught'));
      assert.equal(code, 'GOIP_UNKNOWN_DEVICE');
      assert.match(message, /"fr" is no device of the list, and no group$/);
      assert.deepEqual(gateway.onAir, []);
    });
  });

  describe('routing rules', () => {
    const routes = [
      { prefix: '+49 (151)', device: FIRST },
      { prefix: '+49', device: ` de ; ${SECOND}` },
      { prefix: '', device: '' },
      { prefix: 1, device: ['office'] },
    ];

    it('lead numbers to lines by how they begin, the first that fits; msg.device comes before them', async () => {
      const { gateway } = await startFlow(nodeRed, goipSend(), { server: { devices: GROUPS, routes } });
      for (const to of ['+491511', '+4930', '1', '+4931']) await send({ to });
      await send({ to: '+4932', device: FIRST });
      assert.deepEqual(sentBy(gateway), [
        ['+491511', FIRST],
        ['+4930', SECOND],
        ['1', FIRST],
        ['+4931', SECOND],
        ['+4932', FIRST],
      ]);
    });

    it('see numbers as they are written with the country', async () => {
      const server = { devices: GROUPS, routes, country: 'de' };
      const { gateway } = await startFlow(nodeRed, goipSend(), { server });
      const { results } = await send({ to: ['030 901820', '110', '0151 12345678'] });
      assert.deepEqual(
        results.map(({ to, device }) => [to, device]),
        [
          ['+4930901820', SECOND],
          ['110', FIRST],
          ['+4915112345678', FIRST],
        ],
      );
      assert.equal(gateway.onAir.length, 3);
    });
  });

  it('send to a number from the line that it knows, if the server is told to', async () => {
    const { gateway } = await startFlow(nodeRed, goipSend(), { server: { sticky: 'true' } });
    for (let round = 0; round < 3; round += 1) await send({ to: '1' });
    assert.deepEqual(
      gateway.onAir.map(({ device }) => device),
      [FIRST, FIRST, FIRST],
    );
  });

  describe('priorities', () => {
    const numbers = Array.from({ length: 12 }, (_, index) => `7${index}`);

    /** Sends a message while a bulk of the first line is under way; returns the states of both in order. */
    async function overtake(urgent: object): Promise<string[]> {
      nodeRed.receive('send', { payload: 'bulk', to: numbers, device: FIRST });
      await nodeRed.nextMessage('progress', (message) => statusIn(message).state === 'sent');
      nodeRed.receive('send', { payload: 'fire', to: '112', device: FIRST, ...urgent });
      await nodeRed.nextMessages('result', 2);
      return nodeRed.messages('progress').map((message) => `${statusIn(message).to} ${statusIn(message).state}`);
    }

    for (const [what, properties, urgent] of [
      ['msg.priority', {}, { priority: 'high' }],
      ['the node', { priority: 'goip.how', priorityType: 'msg' }, { goip: { how: 'high' } }],
    ] as const) {
      it(`let an urgent message overtake a bulk, by ${what}: one number at most goes out before it`, async () => {
        await startFlow(nodeRed, goipSend(properties), { gateway: { lineTime: 0.05 } });
        const steps = await overtake(urgent);
        const between = steps.slice(steps.indexOf('112 queued'), steps.indexOf('112 submitted'));
        assert(between.filter((step) => step.endsWith('submitted')).length <= 1, between.join());
        const after = steps.slice(steps.indexOf('112 sent'));
        assert(
          after.some((step) => step.endsWith('submitted')),
          'the bulk was over before',
        );
      });
    }

    it('are equal by default: the bulk goes on for its turn', async () => {
      await startFlow(nodeRed, goipSend(), { gateway: { lineTime: 0.05 } });
      const steps = await overtake({});
      assert(steps.indexOf('112 submitted') > steps.indexOf(`${numbers[3] ?? ''} submitted`), steps.join());
    });

    it('of a flow from before, where msg.priority means something else, are none', async () => {
      const { gateway } = await startFlow(nodeRed, goipSend());
      assert.equal((await send({ to: '1', priority: 5 })).sent, 1);
      assert.equal((await send({ to: '2', priority: 'urgent' })).sent, 1);
      assert.equal(gateway.onAir.length, 2);
    });

    it('that are none are refused where the node names them', async () => {
      await startFlow(nodeRed, goipSend({ priority: 'urgent', priorityType: 'str' }));
      nodeRed.receive('send', { payload: 'x', to: '1' });
      const { code, message } = errorIn(await nodeRed.nextMessage('caught'));
      assert.equal(code, 'GOIP_BAD_SETTING');
      assert.match(message, /priority is one of high, normal, low$/);
    });
  });

  describe('a number that a line refuses', () => {
    const ATTEMPT = {
      device: FIRST,
      state: 'failed',
      code: 'GOIP_SEND_FAILED',
      reason: 'barred by the operator (errorstatus 8)',
      errorstatus: 8,
    };

    it('goes out on another one; statuses and result tell of both', async () => {
      const { gateway } = await startFlow(nodeRed, goipSend());
      gateway.line(FIRST).configure({ blocked: true });
      const { sent, results } = await send({ to: '1' });
      const { tried, ...result } = results[0] ?? assert.fail('no result');
      assert.deepEqual([sent, result.state, result.device, result.code, result.attempts], [1, 'sent', SECOND, null, 2]);
      assert.deepEqual(
        tried.map(({ at, ...attempt }) => [attempt, typeof at]),
        [[ATTEMPT, 'string']],
      );
      assert.deepEqual(
        nodeRed
          .messages('progress')
          .map(statusIn)
          .filter(({ state }) => state !== 'waiting')
          .map(({ state, device, code, attempts, tried: before }) => [state, device, code, attempts, before.length]),
        [
          ['queued', null, null, 0, 0],
          ['submitted', FIRST, null, 1, 0],
          ['queued', null, 'GOIP_SEND_FAILED', 1, 1],
          ['submitted', SECOND, null, 2, 1],
          ['sent', SECOND, null, 2, 1],
        ],
      );
      assert.deepEqual(sentBy(gateway), [['1', SECOND]]);
      await nodeRed.nextMessage('completed');
    });

    for (const [what, server, attempts] of [
      ['by default', {}, 2],
      ['with a server of a newer editor', { version: 2 }, 2],
      ['with a server of a flow from before', { version: 1 }, 1],
      ['with a server of a flow from before in which it was set since', { version: 1, attempts: '2' }, 2],
      ['with attempts 1', { version: 2, attempts: 1 }, 1],
    ] as const) {
      it(`is tried ${attempts === 1 ? 'once' : 'on two lines'} ${what}`, async () => {
        await startFlow(nodeRed, goipSend(), { server, gateway: { blocked: true } });
        const [result] = (await send({ to: '1' })).results;
        assert.deepEqual([result?.state, result?.attempts, result?.errorstatus], ['failed', attempts, 8]);
        const { code, message } = errorIn(await nodeRed.nextMessage('caught'));
        assert.equal(code, 'GOIP_SEND_FAILED');
        assert.match(message, /no SMS was sent \(1 failed\): barred by the operator/);
      });
    }

    it('does not go out on a line that the message does not name', async () => {
      const { gateway } = await startFlow(nodeRed, goipSend());
      gateway.line(FIRST).configure({ blocked: true });
      const [result] = (await send({ to: '1', device: FIRST })).results;
      assert.deepEqual([result?.state, result?.device, result?.attempts], ['failed', FIRST, 1]);
      assert.deepEqual(gateway.onAir, []);
    });

    for (const [retryUnknown, state] of [
      [undefined, 'unknown'],
      ['true', 'sent'],
    ] as const) {
      it(`and whose result is not learnt is ${state} with retryUnknown ${String(retryUnknown)}`, async () => {
        const server = { retryUnknown, resendInterval: 0.2, resendCount: 1 };
        const { gateway } = await startFlow(nodeRed, goipSend(), { server });
        // It has the number, and is gone before it can tell.
        gateway.line(FIRST).configure({ firmware: 'direct', lineTime: 1 });
        gateway.on('session', ({ line, change }) => {
          if (line === FIRST && change === 'authenticated') gateway.line(FIRST).configure({ silent: true });
        });
        const [result] = (await send({ to: '1' })).results;
        assert.deepEqual(
          [result?.state, result?.device, result?.tried.map(({ device, state: before }) => [device, before])],
          state === 'sent' ? ['sent', SECOND, [[FIRST, 'unknown']]] : ['unknown', FIRST, []],
        );
      });
    }
  });

  describe('a line that fails again and again', () => {
    const kinds = ['line-failing', 'line-recovered'];
    const watcher = flowNode('goip in', 'in', ['sms', 'event'], { events: kinds });

    it('is told by goip in with its state, and again when it works', async () => {
      const { gateway } = await startFlow(nodeRed, [...goipSend(), ...watcher]);
      const line = gateway.line(FIRST);
      line.configure({ blocked: true });
      await send({ to: ['1', '2', '3'], device: FIRST });
      const failing = await nodeRed.nextMessage('event');
      line.configure({ blocked: false });
      // Nobody else may send it, so nobody waits for the next probe.
      assert.equal((await send({ to: '4', device: FIRST })).sent, 1);
      const recovered = await nodeRed.nextMessage('event');
      assert.deepEqual(
        [failing, recovered].map(({ topic, payload, goip }) => {
          const { device, failing: isFailing } = payload as LineState;
          return [topic, (goip as { event: string }).event, device, isFailing];
        }),
        [
          [FIRST, 'line-failing', FIRST, true],
          [FIRST, 'line-recovered', FIRST, false],
        ],
      );
    });

    it('gets no numbers as long as another one can send', async () => {
      const { gateway } = await startFlow(nodeRed, [...goipSend(), ...watcher]);
      gateway.line(FIRST).configure({ blocked: true });
      await send({ to: ['1', '2', '3'], device: FIRST });
      await nodeRed.nextMessage('event');
      const { sent, results } = await send({ to: ['4', '5', '6', '7'] });
      assert.equal(sent, 4);
      assert(results.every(({ tried, device }) => tried.length === 0 && device === SECOND));
    });
  });
});
