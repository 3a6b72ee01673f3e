/** What goip send makes of texts: how long they are, and fields in them. */
import assert from 'node:assert/strict';
import type { JobResult, RecipientStatus } from '../../src/index.js';
import { useNodeRed } from './harness.js';
import { errorIn, flowNode, IDS, outcomeNodes, startFlow } from './stage.js';

const goipSend = (properties: object = {}) => [
  ...flowNode('goip send', 'send', ['result', 'progress'], properties),
  ...outcomeNodes('send'),
];

describe('texts of goip send', () => {
  const nodeRed = useNodeRed();

  const resultOf = async (message: object): Promise<JobResult> => {
    nodeRed.receive('send', message);
    return (await nodeRed.nextMessage('result')).payload as JobResult;
  };

  for (const [what, text, parts, encoding] of [
    ['one in letters of GSM', 'Grüße', 1, 'GSM-7'],
    ['a long one in letters of GSM', 'x'.repeat(161), 2, 'GSM-7'],
    ['one with an emoji', `${'x'.repeat(69)}🎉`, 2, 'UCS-2'],
  ] as const) {
    it(`tell how many SMS they take, from the first status on: ${what}`, async () => {
      await startFlow(nodeRed, goipSend());
      const { results } = await resultOf({ payload: text, to: '1' });
      const steps = nodeRed.messages('progress').map(({ payload }) => payload as RecipientStatus);
      assert.equal(steps[0]?.state, 'queued');
      for (const told of [...steps, ...results]) assert.deepEqual([told.parts, told.encoding], [parts, encoding]);
    });
  }

  describe('that take more SMS than allowed', () => {
    for (const [what, properties, message] of [
      ['in the node', { maxParts: '1', maxPartsType: 'num' }, { maxParts: 5 }],
      ['by msg.maxParts', {}, { maxParts: '1' }],
    ] as const) {
      it(`${what} are refused before anything is sent`, async () => {
        const { gateway } = await startFlow(nodeRed, goipSend(properties));
        nodeRed.receive('send', { payload: `${'x'.repeat(100)}’`, to: '1', ...message });
        const error = errorIn(await nodeRed.nextMessage('caught'));
        assert.equal(error.code, 'GOIP_TOO_MANY_PARTS');
        assert.match(error.message, /the text takes 2 SMS \(UCS-2\), not 1$/);
        assert.deepEqual([gateway.onAir, nodeRed.messages('result'), nodeRed.messages('progress')], [[], [], []]);
        assert.equal((await resultOf({ payload: 'x'.repeat(160), to: '1', ...message })).sent, 1);
      });
    }

    for (const maxParts of ['', '0']) {
      it(`go out with maxParts ${JSON.stringify(maxParts)}`, async () => {
        await startFlow(nodeRed, goipSend({ maxParts, maxPartsType: 'num' }));
        assert.equal((await resultOf({ payload: 'x'.repeat(400), to: '1' })).sent, 1);
      });
    }

    it('by a line in an hour are refused, too', async () => {
      const { gateway } = await startFlow(nodeRed, goipSend(), { server: { hourLimit: '2' } });
      nodeRed.receive('send', { payload: 'x'.repeat(400), to: '1' });
      assert.equal(errorIn(await nodeRed.nextMessage('caught')).code, 'GOIP_TOO_MANY_PARTS');
      assert.deepEqual(gateway.onAir, []);
    });
  });

  describe('with fields', () => {
    const text = 'Dear {{name}}, {{#sum}}you owe {{sum}} €{{/sum}}{{^sum}}all is paid{{/sum}}';

    it('are filled for each recipient; equal ones share a text', async () => {
      const { gateway } = await startFlow(nodeRed, goipSend());
      const to = [
        { number: '+49 1', name: 'Ann & Bob', sum: 12.5 },
        { number: '2', name: 'Ümit' },
        { number: '2', name: 'Ümit' },
        { number: 3, name: '<b>', sum: 0 },
      ];
      const result = await resultOf({ payload: text, to, device: IDS[0] });
      assert.deepEqual([result.ok, result.total], [true, 3]);
      assert.deepEqual(
        gateway.onAir.map(({ to: number, text: sent }) => [number, sent]),
        [
          ['+491', 'Dear Ann & Bob, you owe 12.5 €'],
          ['2', 'Dear Ümit, all is paid'],
          ['3', 'Dear <b>, all is paid'],
        ],
      );
    });

    it('are not templates where no recipient has fields', async () => {
      const { gateway } = await startFlow(nodeRed, goipSend());
      await resultOf({ payload: 'Dear {{name}}', to: ['1'] });
      assert.equal(gateway.onAir[0]?.text, 'Dear {{name}}');
    });

    for (const [what, payload, to, code, message] of [
      ['a field is missing', text, [{ number: '1', name: 'A' }, { number: '2' }], 'GOIP_TEXT_INVALID', /field "name"/],
      ['it is not understood', 'Dear {{name', [{ number: '1' }], 'GOIP_TEXT_INVALID', /not understood/],
      ['a number is missing', text, [{ name: 'A' }], 'GOIP_BAD_NUMBER', /no field "number"/],
      ['it becomes empty', '{{name}}', [{ number: '1', name: '' }], 'GOIP_TEXT_EMPTY', /no text/],
    ] as const) {
      it(`send nothing to anybody if ${what}: ${code}`, async () => {
        const { gateway } = await startFlow(nodeRed, goipSend());
        nodeRed.receive('send', { payload, to });
        const error = errorIn(await nodeRed.nextMessage('caught'));
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.deepEqual([gateway.onAir, nodeRed.messages('progress')], [[], []]);
      });
    }

    it('count by the longest of the texts', async () => {
      const { gateway } = await startFlow(nodeRed, goipSend({ maxParts: '1', maxPartsType: 'num' }));
      const to = ['x', 'x'.repeat(200)].map((name, index) => ({ number: String(index), name }));
      nodeRed.receive('send', { payload: '{{name}}', to });
      assert.equal(errorIn(await nodeRed.nextMessage('caught')).code, 'GOIP_TOO_MANY_PARTS');
      assert.deepEqual(gateway.onAir, []);
    });
  });
});
