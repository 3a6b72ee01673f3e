import assert from 'node:assert/strict';
import type { JobResult, JobSummary, RecipientStatus } from '../../src/index.js';
import { definitionOf } from '../packaging/node-definitions.js';
import { useNodeRed, type FlowNode } from './harness.js';
import { errorIn, flowNode, IDS, outcomeNodes, startFlow, TAB } from './stage.js';

const goipSend = (properties: object = {}) => flowNode('goip send', 'send', ['result', 'progress'], properties);
describe('goip send', () => {
  const nodeRed = useNodeRed();

  it('sends the same message with the result, and a clone per number and step before it', async () => {
    const { gateway } = await startFlow(nodeRed, [...goipSend(), ...outcomeNodes('send')], {
      gateway: { smsNo: true },
    });
    nodeRed.receive('send', {
      payload: 'Grüße 🎉',
      to: '+49 (151) 1, +49-151.2',
      device: IDS[0],
      topic: 'kept',
      _msgid: 'id1',
    });
    const result = await nodeRed.nextMessage('result');
    assert.deepEqual([result.topic, result._msgid, result.to], ['kept', 'id1', '+49 (151) 1, +49-151.2']);
    const { id, results, ...totals } = result.payload as JobResult;
    assert.deepEqual(totals, { ok: true, total: 2, sent: 2, failed: 0, unknown: 0, expired: 0, cancelled: 0 });
    assert.deepEqual(
      results.map(({ to, state, device, code, attempts }) => [to, state, device, code, attempts]),
      ['+491511', '+491512'].map((to) => [to, 'sent', IDS[0], null, 1]),
    );
    assert.deepEqual(
      gateway.onAir.map(({ to, text, device }) => [to, text, device]),
      ['+491511', '+491512'].map((to) => [to, 'Grüße 🎉', IDS[0]]),
    );

    const steps = nodeRed.messages('progress');
    for (const step of steps) {
      assert.deepEqual([step.topic, (step.payload as RecipientStatus).id], ['kept', id]);
      assert.notEqual(step, result);
    }
    const statesOf = (to: string) =>
      steps
        .map(({ payload }) => payload as RecipientStatus)
        .filter((status) => status.to === to)
        .map(({ state }) => state);
    assert.deepEqual(statesOf('+491511'), ['queued', 'submitted', 'waiting', 'sent']);
    assert.deepEqual(statesOf('+491512'), ['queued', 'submitted', 'waiting', 'sent']);
    await nodeRed.nextMessage('completed');
    assert.deepEqual(nodeRed.messages('caught'), []);
  });

  it('completes with partial success, and fails with a code where no number was sent', async () => {
    await startFlow(nodeRed, [...goipSend(), ...outcomeNodes('send')], {
      gateway: { failNumbers: { '1': 38, '2': 50 } },
    });
    nodeRed.receive('send', { payload: 'x', to: ['1', '3'] });
    const partial = (await nodeRed.nextMessage('result')).payload as JobResult;
    assert.deepEqual([partial.ok, partial.sent, partial.failed], [false, 1, 1]);
    await nodeRed.nextMessage('completed');

    nodeRed.receive('send', { payload: 'x', to: ['1', '2'] });
    const failed = (await nodeRed.nextMessage('result')).payload as JobResult;
    assert.deepEqual(
      failed.results.map(({ code, errorstatus }) => [code, errorstatus]),
      [
        ['GOIP_SEND_FAILED', 38],
        ['GOIP_SEND_FAILED', 50],
      ],
    );
    assert.equal(errorIn(await nodeRed.nextMessage('caught')).code, 'GOIP_SEND_FAILED');
    assert.equal((await nodeRed.whenStatus('send', 'error')).fill, 'red');
    assert.equal(nodeRed.messages('completed').length, 1);
  });

  for (const [what, message, code] of [
    ['no recipient', { payload: 'x', to: ' , ;' }, 'GOIP_NO_RECIPIENT'],
    ['no msg.to', { payload: 'x' }, 'GOIP_NO_RECIPIENT'],
    ['letters in a number', { payload: 'x', to: ['+491', '+49x'] }, 'GOIP_BAD_NUMBER'],
    ['a line break in a number', { payload: 'x', to: '+491\nDONE 5' }, 'GOIP_BAD_NUMBER'],
    ['no text', { payload: '', to: '1' }, 'GOIP_TEXT_EMPTY'],
    ['an object as text', { payload: { a: 1 }, to: '1' }, 'GOIP_TEXT_INVALID'],
    ['3001 bytes of text', { payload: `${'ü'.repeat(1500)}x`, to: '1' }, 'GOIP_TEXT_TOO_LONG'],
    ['an unknown device', { payload: 'x', to: '1', device: 'nobody' }, 'GOIP_UNKNOWN_DEVICE'],
  ] as const) {
    it(`refuses ${what} with ${code}, and sends nothing`, async () => {
      const { gateway } = await startFlow(nodeRed, [...goipSend(), ...outcomeNodes('send')]);
      nodeRed.receive('send', message);
      const caught = await nodeRed.nextMessage('caught');
      assert.equal(errorIn(caught).code, code);
      assert.equal(errorIn(caught).source.id, 'send');
      assert.deepEqual([nodeRed.messages('result'), nodeRed.messages('progress'), gateway.onAir], [[], [], []]);
      await nodeRed.whenStatus('send', 'error');
    });
  }

  it('fails with GOIP_NO_SERVER without a server', async () => {
    await nodeRed.loadFlow([TAB, ...goipSend({ server: 'nowhere' }), ...outcomeNodes('send')]);
    assert.equal((await nodeRed.whenStatus('send', 'no server')).fill, 'grey');
    nodeRed.receive('send', { payload: 'x', to: '1' });
    assert.equal(errorIn(await nodeRed.nextMessage('caught')).code, 'GOIP_NO_SERVER');
  });

  describe('logs what others said as one line in which nothing does anything:', () => {
    const EVIL = '\u001b[31m\u009b2J\u202e\r\n22 Nov - [info] all is well\u2028\u0000';
    const assertHarmless = (text: string): void => {
      // eslint-disable-next-line no-control-regex -- control characters are what it looks for
      assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
      assert.match(text, /\\u001b\[31m\\u009b2J\\u202e/);
    };
    const logged = async (): Promise<string> => {
      await nodeRed.whenStatus('send', 'error');
      const [error, ...more] = nodeRed.logged('error').map(({ msg }) => String(msg));
      assert.deepEqual(more, []);
      return error ?? assert.fail('nothing was logged');
    };

    it('an error message of a device', async () => {
      const { gateway } = await startFlow(nodeRed, goipSend(), { server: { resendInterval: '0.02' } });
      gateway.line(IDS[0]).configure({ sessionError: `no${EVIL}way ${'x'.repeat(1000)}` });
      nodeRed.receive('send', { payload: 'x', to: '1', device: IDS[0] });
      const { results } = (await nodeRed.nextMessage('result')).payload as JobResult;
      const { code, reason } = results[0] ?? assert.fail('no result');
      assert.equal(code, 'GOIP_REJECTED');
      for (const text of [reason ?? '', await logged()]) {
        assertHarmless(text);
        assert(text.length < 400, 'it is endless');
      }
    });

    it('a sender that is no number', async () => {
      await startFlow(nodeRed, goipSend());
      nodeRed.receive('send', { payload: 'x', to: EVIL });
      assertHarmless(await logged());
    });

    it('a device that is not there', async () => {
      await startFlow(nodeRed, goipSend());
      nodeRed.receive('send', { payload: 'x', to: '1', device: EVIL });
      assertHarmless(await logged());
    });
  });

  describe('takes its values from', () => {
    for (const [what, properties, message, expected] of [
      ['the message, where nothing is set', {}, { payload: 'text', to: '1' }, ['1', 'text']],
      [
        'the message, where the inputs are blank',
        { text: '', textType: 'str', to: '', toType: 'str', device: '', deviceType: 'str' },
        { payload: 'text', to: '1', device: IDS[1] },
        ['1', 'text', IDS[1]],
      ],
      [
        'the node, which wins over the message',
        { text: 'fixed', textType: 'str', to: '2', toType: 'str', device: IDS[1], deviceType: 'str' },
        { payload: 'text', to: '1', device: IDS[0] },
        ['2', 'fixed', IDS[1]],
      ],
      [
        'the node, several lines as its dialog writes them',
        { device: JSON.stringify([IDS[1], IDS[1]]), deviceType: 'json' },
        { payload: 'text', to: '2', device: IDS[0] },
        ['2', 'text', IDS[1]],
      ],
      [
        'other properties of the message',
        { text: 'alarm.text', textType: 'msg', to: 'alarm.who', toType: 'msg' },
        { alarm: { text: 'fire', who: ['3'] } },
        ['3', 'fire'],
      ],
      [
        'a JSONata expression',
        { text: '"T: " & payload', textType: 'jsonata' },
        { payload: 21, to: '1' },
        ['1', 'T: 21'],
      ],
      ['the environment', { text: 'GOIP_TEST_TEXT', textType: 'env' }, { to: '1' }, ['1', 'from the environment']],
      ['flow context', { to: 'oncall', toType: 'flow' }, { payload: 'text' }, ['4', 'text']],
      ['global context', { to: 'oncall', toType: 'global' }, { payload: 'text' }, ['5', 'text']],
    ] as const) {
      it(what, async () => {
        process.env['GOIP_TEST_TEXT'] = 'from the environment';
        const { gateway } = await startFlow(nodeRed, [...goipSend(properties), ...outcomeNodes('send')]);
        nodeRed.node('send').context().flow.set('oncall', '4');
        nodeRed.node('send').context().global.set('oncall', '5');
        nodeRed.receive('send', message);
        await nodeRed.nextMessage('result');
        const [sms] = gateway.onAir;
        assert.deepEqual([sms?.to, sms?.text, sms?.device].slice(0, expected.length), expected);
      });
    }

    it('the message, if all settings of a flow file are null', async () => {
      const names = ['text', 'to', 'device', 'jobId', 'expire', 'priority', 'maxParts', 'waitForReport'];
      const blank = Object.fromEntries(names.map((name) => [name, null]));
      const { gateway } = await startFlow(nodeRed, goipSend(blank));
      for (const payload of ['first', 'second']) {
        nodeRed.receive('send', { payload, to: '1' });
        await nodeRed.nextMessage('result');
      }
      assert.deepEqual(
        gateway.onAir.map(({ text }) => text),
        ['first', 'second'],
      );
    });

    for (const written of [
      ...[{ text: {} }, { text: [] }, { text: true }, { jobId: {} }, { jobId: false }, { to: true }, { device: {} }],
      ...[{ text: '${GOIP_NOT_SET}' }, { text: '$(GOIP_NOT_SET)' }, { jobId: '${GOIP_NOT_SET}', jobIdType: 'str' }],
    ]) {
      it(`nowhere, if a flow file holds ${JSON.stringify(written)}: an error, and nothing is sent`, async () => {
        const { gateway } = await startFlow(nodeRed, [...goipSend(written), ...outcomeNodes('send')]);
        nodeRed.receive('send', { payload: 'x', to: '1' });
        const { code, message } = errorIn(await nodeRed.nextMessage('caught'));
        assert.equal(code, 'GOIP_BAD_SETTING');
        assert.match(message, /the value for \S+ cannot be evaluated: it is (neither|the environment variable)/);
        assert.deepEqual(gateway.onAir, []);
      });
    }

    it('nowhere, if an expression is wrong: an error, and nothing is sent', async () => {
      const { gateway } = await startFlow(nodeRed, [
        ...goipSend({ text: '(', textType: 'jsonata' }),
        ...outcomeNodes('send'),
      ]);
      nodeRed.receive('send', { to: '1' });
      assert.equal(errorIn(await nodeRed.nextMessage('caught')).code, 'GOIP_BAD_SETTING');
      assert.deepEqual(gateway.onAir, []);
    });
  });

  it('shows what is queued, how far it got, and the lines again at the end', async () => {
    const { gateway } = await startFlow(nodeRed, goipSend(), { server: { resendInterval: 0.1 } });
    const line = gateway.line(IDS[0]);
    line.configure({ silent: true });
    nodeRed.receive('send', { payload: 'x', to: ['1', '2', '3'], device: IDS[0] });
    const { fill, shape } = await nodeRed.whenStatus('send', 'queued 3');
    assert.deepEqual([fill, shape], ['yellow', 'ring']);
    line.configure({ silent: false });
    await nodeRed.nextMessage('result');
    assert.equal((await nodeRed.whenStatus('send', '2/2')).fill, 'green');
    const shown = nodeRed.statuses('send').map(({ text }) => text);
    const progress = shown.slice(shown.indexOf('queued 3') + 1, -1);
    // Steps that follow each other fast are left out.
    const steps = ['0/3', '1/3', '2/3', '3/3'].filter((text) => progress.includes(text));
    assert.deepEqual(progress, steps);
  });

  it('shows far fewer statuses than there are steps', async () => {
    await startFlow(nodeRed, goipSend(), { gateway: { lineTime: 0.0001 } });
    const to = Array.from({ length: 300 }, (_, index) => String(1000 + index));
    nodeRed.receive('send', { payload: 'x', to });
    await nodeRed.nextMessage('result');
    await nodeRed.whenStatus('send', '2/2');
    assert(nodeRed.statuses('send').length < to.length / 2, `${nodeRed.statuses('send').length} statuses`);
  });

  it('reads a long list of numbers no more often than it has to, whatever the number of steps', async () => {
    await startFlow(nodeRed, [...goipSend(), ...outcomeNodes('send')], { gateway: { lineTime: 0.0001 } });
    const to = Array.from({ length: 300 }, (_, index) => String(1000 + index));
    let reads = 0;
    const message = {
      payload: 'x',
      get to() {
        reads += 1;
        return to;
      },
    };
    nodeRed.receive('send', message);
    await nodeRed.nextMessage('result');
    assert.equal(nodeRed.messages('progress').length, 4 * to.length);
    assert(reads < 10, `${reads} reads`);
  });

  it('makes no messages for an output without a wire', async () => {
    const { gateway } = await startFlow(
      nodeRed,
      flowNode('goip send', 'send', ['result', 'progress'], {}).map((node) =>
        node.id === 'send' ? { ...node, wires: [['result'], []] } : node,
      ),
    );
    const readsOf = async (to: readonly string[]): Promise<number> => {
      let reads = 0;
      const message = {
        ...{ payload: 'x', to },
        get other() {
          reads += 1;
          return 'read for the context of the job';
        },
      };
      nodeRed.receive('send', message);
      await nodeRed.nextMessage('result');
      return reads;
    };
    // Once to measure what is held of the message, once to keep it.
    assert.deepEqual([await readsOf(['1']), await readsOf(Array<string>(20).fill('2'))], [2, 2]);
    assert.equal(gateway.onAir.length, 2);
  });

  it('sends an SMS whose message is nested too deeply to be copied', async () => {
    await startFlow(nodeRed, [...goipSend(), ...outcomeNodes('send')]);
    const nested = JSON.parse('['.repeat(3000) + ']'.repeat(3000)) as unknown;
    nodeRed.receive('send', { payload: 'x', to: '1', topic: 'kept', nested });
    const result = await nodeRed.nextMessage('result');
    assert.equal((result.payload as JobResult).sent, 1);
    assert(nodeRed.messages('progress').every((step) => step.topic === 'kept' && !('nested' in step)));
  });

  describe('jobs outlive', () => {
    const rename = (flow: readonly FlowNode[]) =>
      flow.map((node) => (node.id === 'send' ? { ...node, name: 'renamed' } : node));
    const numbers = ['1', '2', '3', '4'];

    for (const [what, type, server] of [
      ['a deploy of their node', 'nodes', {}],
      ['a full deploy', 'full', {}],
      ['a full deploy, with storage in memory', 'full', { storage: 'memory' }],
    ] as const) {
      it(`${what}: the result comes from the new node`, async () => {
        const { flow, gateway } = await startFlow(nodeRed, [...goipSend(), ...outcomeNodes('send')], {
          server: { ...server, sessionsPerLine: 1 },
          gateway: { lineTime: 0.05 },
        });
        nodeRed.receive('send', { payload: 'x', to: numbers, device: IDS[0], topic: 'kept', goip: { mine: 1 } });
        await nodeRed.nextMessage('progress', ({ payload }) => (payload as RecipientStatus).state === 'sent');
        await nodeRed.deploy(rename(flow), type);
        // In a full deploy nobody is left to catch it.
        if (type === 'nodes') assert.equal(errorIn(await nodeRed.nextMessage('caught')).code, 'GOIP_CLOSED');

        const { payload, topic, goip } = await nodeRed.nextMessage('result');
        const { sent, results } = payload as JobResult;
        assert.deepEqual([topic, goip], ['kept', { mine: 1, redelivered: true }]);
        assert.deepEqual(
          results.map(({ to }) => to),
          numbers,
        );
        assert.equal(sent, 4);
        assert.deepEqual(
          gateway.onAir.map(({ to }) => to),
          numbers,
        );
        assert.equal(nodeRed.messages('result').length, 1);
      });
    }

    it('the absence of their node: the result waits for it, shown by goip status', async () => {
      const nodes = [...goipSend(), ...flowNode('goip status', 'status', ['line'], { emit: 'request' })];
      const { flow, gateway } = await startFlow(nodeRed, nodes, { gateway: { lineTime: 0.05 } });
      nodeRed.receive('send', { payload: 'x', to: '1', goip: { jobId: 'mine' } });
      await nodeRed.nextMessage('progress', ({ payload }) => (payload as RecipientStatus).state === 'waiting');
      await nodeRed.deploy(
        flow.filter(({ id }) => id !== 'send'),
        'nodes',
      );
      await gateway.whenOnAir(1);
      const jobs = async () => {
        nodeRed.receive('status', {});
        return (await nodeRed.nextMessage('line'))['jobs'] as JobSummary[];
      };
      let [job] = await jobs();
      while (job?.state !== 'ended') [job] = await jobs();
      assert.deepEqual([job.id, job.origin, job.sent], ['mine', 'send', 1]);
      await nodeRed.deploy(flow, 'nodes');
      assert.equal(((await nodeRed.nextMessage('result')).payload as JobResult).id, 'mine');
      assert.deepEqual(await jobs(), []);
    });
  });

  describe('job ids', () => {
    it('make a message that comes again get the first result, and nothing goes out twice', async () => {
      const { gateway } = await startFlow(nodeRed, [...goipSend(), ...outcomeNodes('send')]);
      for (const copy of [1, 2]) nodeRed.receive('send', { payload: 'x', to: '1', goip: { jobId: 'abc' }, copy });
      const results = await nodeRed.nextMessages('result', 2);
      nodeRed.receive('send', { payload: 'x', to: ' 1 ', goip: { jobId: 'abc' }, copy: 3 });
      results.push(await nodeRed.nextMessage('result'));
      nodeRed.receive('send', { payload: 'other', to: '2', goip: { jobId: 'abc' }, copy: 4 });
      assert.equal(errorIn(await nodeRed.nextMessage('caught')).code, 'GOIP_JOB_CONFLICT');
      assert.deepEqual(
        results.map(({ copy, payload }) => [copy, (payload as JobResult).id, (payload as JobResult).sent]),
        [1, 2, 3].map((copy) => [copy, 'abc', 1]),
      );
      assert.deepEqual(
        gateway.onAir.map(({ to }) => to),
        ['1'],
      );
      await nodeRed.nextMessages('completed', 3);
    });

    it('can be set in the node', async () => {
      const { gateway } = await startFlow(nodeRed, goipSend({ jobId: 'topic', jobIdType: 'msg' }));
      for (const topic of ['a', 'a', 'b']) nodeRed.receive('send', { payload: 'x', to: '1', topic });
      await nodeRed.nextMessages('result', 3);
      assert.equal(gateway.onAir.length, 2);
    });
  });

  it('lets numbers expire that were not submitted in time', async () => {
    // The first number has a second to get to the device, which is then busy for longer.
    const send = goipSend({ expire: '1', expireType: 'str' });
    const { gateway } = await startFlow(nodeRed, [...send, ...outcomeNodes('send')], {
      ...{ server: { storage: 'memory' }, gateway: { lineTime: 1.2 } },
    });
    nodeRed.receive('send', { payload: 'x', to: ['1', '2'], device: IDS[0] });
    const { results } = (await nodeRed.nextMessage('result')).payload as JobResult;
    assert.deepEqual(
      results.map(({ state, code }) => [state, code]),
      [
        ['sent', null],
        ['expired', 'GOIP_EXPIRED'],
      ],
    );
    assert.equal(gateway.onAir.length, 1);
  });

  describe('the time to expire', () => {
    const { defaults } = definitionOf('goip-send');
    const NEW = { expire: defaults['expire']?.value, expireType: defaults['expireType']?.value };
    const OF_1_0 = { expire: '86400', expireType: 'num' };
    const cases = [
      ['of a new node is that of the message', NEW, { expire: 60 }, 60],
      ['of a new node is a day if the message has none', NEW, {}, 86_400],
      ['of a new node may be never', NEW, { expire: 0 }, null],
      ['of a node of version 1.0 is a day, whatever the message says', OF_1_0, { expire: 60 }, 86_400],
    ] as const;
    for (const [what, properties, message, seconds] of cases) {
      it(what, async () => {
        const status = flowNode('goip status', 'status', ['line'], { emit: 'request' });
        await startFlow(nodeRed, [...goipSend(properties), ...outcomeNodes('send'), ...status], {
          gateway: { lineTime: 60 },
        });
        nodeRed.receive('send', { payload: 'x', to: '1', ...message });
        await nodeRed.nextMessage('progress', ({ payload }) => (payload as RecipientStatus).state === 'submitted');
        nodeRed.receive('status', {});
        const [job] = (await nodeRed.nextMessage('line'))['jobs'] as JobSummary[];
        const [acceptedAt, expiresAt] = [job?.acceptedAt, job?.expiresAt].map((time) => time && Date.parse(time));
        assert.ok(typeof acceptedAt === 'number');
        assert.equal(expiresAt && (expiresAt - acceptedAt) / 1000, seconds);
      });
    }
  });

  describe('msg.action', () => {
    it('cancels what was not submitted, of one job or of all of the node', async () => {
      const { gateway } = await startFlow(nodeRed, [...goipSend(), ...outcomeNodes('send')], {
        gateway: { lineTime: 0.5 },
      });
      nodeRed.receive('send', { payload: 'x', to: ['1', '2', '3'], device: IDS[0], goip: { jobId: 'one' } });
      nodeRed.receive('send', { payload: 'x', to: ['4', '5', '6'], device: IDS[1], goip: { jobId: 'two' } });
      const isWaiting = ({ payload }: { payload?: unknown }) => (payload as RecipientStatus).state === 'waiting';
      await nodeRed.nextMessage('progress', isWaiting);
      await nodeRed.nextMessage('progress', isWaiting);
      nodeRed.receive('send', { action: 'cancel', jobId: 'one' });
      const one = (await nodeRed.nextMessage('result')).payload as JobResult;
      assert.deepEqual([one.id, one.sent, one.cancelled], ['one', 1, 2]);
      assert.deepEqual(
        one.results.map(({ code }) => code),
        [null, 'GOIP_CANCELLED', 'GOIP_CANCELLED'],
      );
      nodeRed.receive('send', { action: 'cancel' });
      const two = (await nodeRed.nextMessage('result')).payload as JobResult;
      assert.equal(two.id, 'two');
      assert.ok(two.cancelled > 0);
      assert.equal(gateway.onAir.length, one.sent + two.sent);
    });

    it('knows a job by a number, and stops nothing where the id is neither', async () => {
      await startFlow(nodeRed, [...goipSend(), ...outcomeNodes('send')], { gateway: { lineTime: 0.5 } });
      nodeRed.receive('send', { payload: 'x', to: ['1', '2'], device: IDS[0], goip: { jobId: 7 } });
      nodeRed.receive('send', { payload: 'x', to: ['4', '5'], device: IDS[1], goip: { jobId: 8 } });
      await nodeRed.nextMessage('progress', ({ payload }) => (payload as RecipientStatus).state === 'waiting');
      for (const jobId of [true, NaN, 2 ** 53 + 2]) {
        nodeRed.receive('send', { action: 'cancel', jobId });
        assert.equal(errorIn(await nodeRed.nextMessage('caught')).code, 'GOIP_BAD_SETTING');
      }
      nodeRed.receive('send', { action: 'cancel', jobId: 7 });
      const ended = [await nodeRed.nextMessage('result'), await nodeRed.nextMessage('result')];
      const cancelled = ended.map(({ payload }) => payload as JobResult).map((result) => [result.id, result.cancelled]);
      assert.deepEqual(cancelled.sort(), [
        ['7', 1],
        ['8', 0],
      ]);
    });

    it('pauses and resumes', async () => {
      const { gateway } = await startFlow(nodeRed, [...goipSend(), ...outcomeNodes('send')], {
        gateway: { lineTime: 0.3 },
      });
      nodeRed.receive('send', { payload: 'x', to: ['1', '2', '3'], device: IDS[0] });
      await nodeRed.nextMessage('progress', ({ payload }) => (payload as RecipientStatus).state === 'waiting');
      nodeRed.receive('send', { action: 'pause' });
      await nodeRed.nextMessage('completed');
      gateway.line(IDS[0]).configure({ lineTime: 0.02 });
      await nodeRed.nextMessage('progress', ({ payload }) => (payload as RecipientStatus).state === 'sent');
      // Another job on the same line gets through while the first one is held back.
      nodeRed.receive('send', { payload: 'y', to: '9', device: IDS[0] });
      await nodeRed.nextMessage('result');
      assert.deepEqual(
        gateway.onAir.map(({ to }) => to),
        ['1', '9'],
      );
      nodeRed.receive('send', { action: 'resume' });
      assert.equal(((await nodeRed.nextMessage('result')).payload as JobResult).sent, 3);
    });
  });
});
