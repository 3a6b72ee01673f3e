import assert from 'node:assert/strict';
import { freeUdpPort } from '../node-red/free-port.js';
import type { FlowNode } from '../packaging/node-red-process.js';
import { describeInEditor } from './editor.js';
import { IDS, makeNodeSet, TAB, type NodeSet } from './flows.js';

/** What a node is set to, and what is written on it. */
const LABELS: Record<'in' | 'send' | 'status', readonly (readonly [settings: object, label: string])[]> = {
  in: [
    [{}, 'SMS ← any line'],
    [{ devices: [IDS[1]] }, 'SMS ← Line 2'],
    [{ devices: ['attic', IDS[0], IDS[1]] }, 'SMS ← attic +2'],
    [{ devices: [IDS[1]], name: 'inbox' }, 'inbox'],
  ],
  send: [
    [{}, 'SMS → any line'],
    [{ device: IDS[0] }, 'SMS → Line 1'],
    [{ device: '["box","goip-01"]', deviceType: 'json' }, 'SMS → box +1'],
    [{ device: 'reply.line', deviceType: 'msg' }, 'SMS → msg.reply.line'],
    [{ device: '$x', deviceType: 'jsonata' }, 'SMS → expression'],
    [{ to: '+49 171 1', toType: 'str' }, 'SMS → +49 171 1 · any line'],
    [{ to: '+49 171 1; 2, 3', toType: 'str', device: IDS[2] }, 'SMS → +49 171 1 +2 · Line 3'],
    [{ name: 'alarm' }, 'alarm'],
  ],
  status: [
    [{}, 'state: all lines'],
    [{ devices: [IDS[2], IDS[0]] }, 'state: Line 3 +1'],
  ],
};

describeInEditor('without opening it, a node', (editor) => {
  let set: NodeSet;
  const cases: { readonly node: FlowNode; readonly label: string }[] = [];
  before(async () => {
    set = makeNodeSet(0, await freeUdpPort());
    const [server] = set.nodes;
    assert(server);
    for (const [kind, rows] of Object.entries(LABELS)) {
      const node = set.nodes.find(({ id }) => id === set[kind as keyof typeof LABELS]);
      assert(node);
      for (const [settings, label] of rows) {
        const [row, x] = [cases.length % 7, 150 + 300 * Math.floor(cases.length / 7)];
        cases.push({ node: { ...node, ...settings, id: `case-${cases.length}`, x, y: 60 + 60 * row }, label });
      }
    }
    await editor.open([TAB, server, ...cases.map(({ node }) => node)]);
  });

  const labelOf = (id: string) => editor.node(id).locator('.red-ui-flow-node-label-text').allTextContents();

  it('tells of which lines it is about, and who gets the SMS', async () => {
    for (const { node, label } of cases) assert.equal((await labelOf(node.id)).join(' '), label);
  });

  it('tells it anew when a line gets another name', async () => {
    await editor.edit('case-1');
    await editor.editServer();
    await editor.page.locator('.goip-device-name').nth(1).fill('Office');
    await editor.okServer();
    await editor.ok();
    await editor.node('case-1').getByText('SMS ← Office', { exact: true }).waitFor();
  });

  it('tells at its ports what comes out', async () => {
    const labels = (id: string, property: string) =>
      editor.page.evaluate<string[]>(`(() => {
        const node = RED.nodes.node('${id}');
        return [0, 1].slice(0, ${property === 'inputLabels' ? 1 : 'node.outputs'}).map((index) => node._def.${property}.call(node, index));
      })()`);
    const ids = cases.map(({ node }) => node.id);
    const [receiver = '', sender = '', status = ''] = [ids[0], ids[LABELS.in.length], ids.at(-1)];
    assert.deepEqual(await labels(receiver, 'outputLabels'), ['received SMS', 'event: online, offline, keepalive']);
    assert.deepEqual(await labels(sender, 'inputLabels'), ['SMS to send']);
    assert.deepEqual(await labels(sender, 'outputLabels'), ['result', 'status']);
    assert.deepEqual(await labels(status, 'inputLabels'), ['request']);
    assert.deepEqual(await labels(status, 'outputLabels'), ['line state, when a line changes']);
    await editor.edit(receiver);
    for (const kind of ['online', 'offline', 'keepalive']) {
      await editor.page.locator(`#goip-in-events input[value="${kind}"]`).uncheck();
    }
    await editor.ok();
    assert.deepEqual(await labels(receiver, 'outputLabels'), ['received SMS', 'event: no events']);
  });
});
