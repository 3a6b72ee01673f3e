/** Deploys at the wrong instant: what is on its way when its nodes are replaced reaches the new ones. */
import assert from 'node:assert/strict';
import { Socket } from 'node:dgram';
import { LevelStore } from '../../src/journal/level-store.js';
import type { JobResult, RecipientStatus } from '../../src/index.js';
import { useNodeRed, recorder, type FlowNode, type Message } from './harness.js';
import { errorIn, flowNode, IDS, outcomeNodes, PASSWORD, startFlow } from './stage.js';

/** Seconds that a message stays in the flow before anybody sees it. */
const LONG = '600';

/** *goip in*, a delay that is longer than the test, and a recorder. */
function slowFlow(delay = LONG): FlowNode[] {
  const [input] = flowNode('goip in', 'in', ['slow', 'event']);
  assert(input);
  const slow = { id: 'slow', type: 'delay', z: 'tab', pauseType: 'delay', timeout: delay, timeoutUnits: 'seconds' };
  return [input, { ...slow, wires: [['sms']] }, recorder('sms'), recorder('event')];
}

const goipOf = ({ goip }: Message): { readonly redelivered?: boolean } => goip as { readonly redelivered?: boolean };

describe('a deploy in the instant of a delivery', () => {
  const nodeRed = useNodeRed();

  for (const [type, storage] of [
    ['full', 'disk'],
    ['full', 'memory'],
    ['flows', 'disk'],
    ['nodes', 'disk'],
    ['nodes', 'memory'],
  ] as const) {
    it(`delivers an SMS again that the flow had not dealt with: ${type}, ${storage}`, async () => {
      const { flow, gateway } = await startFlow(nodeRed, slowFlow(), { server: { storage } });
      const received = gateway.line(IDS[0]).receiveSms({ from: '+1', text: 'in the flow' });
      await nodeRed.whenReceived('slow', 1);
      // Only the node behind goip in is replaced by a partial deploy: goip in itself is not aware of it.
      const changed = flow.map((node) => (node.id === 'slow' ? { ...node, timeout: '0.001' } : node));
      await nodeRed.deploy(changed, type);
      const { payload, goip } = await nodeRed.nextMessage('sms');
      assert.deepEqual([payload, goipOf({ goip }).redelivered], ['in the flow', true]);
      assert.equal((await received).acked, true);
      await gateway.line(IDS[0]).receiveSms({ from: '+1', text: 'the next' });
      const next = await nodeRed.nextMessage('sms');
      assert.deepEqual([next.payload, goipOf(next).redelivered], ['the next', undefined]);
    });
  }
});

/** A disk on which no new job is written until {@link SlowDisk.release}. */
class SlowDisk {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its store
  readonly #write = LevelStore.prototype.write;
  #release: () => void = () => undefined;
  /** Resolves when a job waits for the disk. */
  readonly whenWriting: Promise<void>;

  constructor() {
    const write = this.#write;
    const released = new Promise<void>((resolve) => (this.#release = resolve));
    this.whenWriting = new Promise((began) => {
      LevelStore.prototype.write = async function (this: LevelStore, changes, own): Promise<void> {
        if (changes.some(({ type, key }) => type === 'put' && key.startsWith('job/'))) {
          began();
          await released;
        }
        return write.call(this, changes, own);
      };
    });
  }

  release(): void {
    LevelStore.prototype.write = this.#write;
    this.#release();
  }
}

describe('deploys, one after the other', () => {
  const nodeRed = useNodeRed();

  it('leave no second taker: an SMS and an event come once', async () => {
    const { flow, gateway } = await startFlow(
      nodeRed,
      flowNode('goip in', 'in', ['sms', 'event'], { events: ['state'] }),
    );
    let current = flow;
    for (const [round, type] of (['nodes', 'flows', 'nodes', 'full', 'nodes'] as const).entries()) {
      current = current.map((node) => (node.id === 'in' ? { ...node, name: `round ${round}` } : node));
      await nodeRed.deploy(current, type);
    }
    await nodeRed.whenStatus('in', '2/2');
    const line = gateway.line(IDS[0]);
    line.sendRaw(`STATE:5;id:${IDS[0]};password:${PASSWORD};gsm_remain_state:IDLE`);
    await line.receiveSms({ from: '+1', text: 'once' });
    await nodeRed.nextMessage('event');
    await nodeRed.nextMessage('sms');
    assert.deepEqual([nodeRed.messages('event').length, nodeRed.messages('sms').length], [1, 1]);
  });
});

/** Undefined for a socket that is closed. */
function portOf(socket: Socket): number | undefined {
  try {
    return socket.address().port;
  } catch {
    return undefined;
  }
}

describe('a socket that breaks', () => {
  const nodeRed = useNodeRed();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its socket
  const { bind } = Socket.prototype;
  afterEach(() => void (Socket.prototype.bind = bind));

  it('is bound again, and the lines and the SMS are there', async () => {
    const sockets: Socket[] = [];
    Socket.prototype.bind = function (this: Socket, ...args: never[]): Socket {
      sockets.push(this);
      return Reflect.apply(bind, this, args) as Socket;
    };
    const { gateway, port } = await startFlow(nodeRed, flowNode('goip in', 'in', ['sms', 'event']));
    await nodeRed.whenStatus('in', '2/2');
    const ofServer = sockets.find((socket) => portOf(socket) === port);
    assert(ofServer);
    ofServer.emit('error', new Error('EIO'));
    await nodeRed.whenStatus('in', 'error');
    await nodeRed.whenStatus('in', '2/2');
    assert.equal((await gateway.line(IDS[0]).receiveSms({ from: '+1', text: 'still there' })).acked, true);
    assert.equal((await nodeRed.nextMessage('sms')).payload, 'still there');
  });
});

describe('a deploy while a job is on its way', () => {
  const nodeRed = useNodeRed();
  let disk: SlowDisk | undefined;
  afterEach(() => disk?.release());

  const sendFlow = (): FlowNode[] => [...flowNode('goip send', 'send', ['result', 'status']), ...outcomeNodes('send')];
  const renamed = (flow: readonly FlowNode[]): FlowNode[] =>
    flow.map((node) => (node.id === 'send' ? { ...node, name: 'renamed' } : node));

  for (const type of ['nodes', 'flows', 'full'] as const) {
    it(`tells the new node of a job that was being saved for the old one: ${type}`, async () => {
      const { flow, gateway } = await startFlow(nodeRed, sendFlow());
      await nodeRed.whenStatus('send', '2/2');
      disk = new SlowDisk();
      nodeRed.receive('send', { payload: 'hello', to: '+4915112345678', order: 7 });
      await disk.whenWriting;
      const deployed = nodeRed.deploy(renamed(flow), type);
      // The full deploy waits for the server to close, which waits for the disk.
      if (type !== 'full') await deployed;
      disk.release();
      await deployed;
      const { payload, order, goip } = await nodeRed.nextMessage('result');
      assert.deepEqual([(payload as JobResult).sent, order, goipOf({ goip })], [1, 7, { redelivered: true }]);
      const states = nodeRed.messages('status').map((status) => (status.payload as RecipientStatus).state);
      assert.deepEqual([states.at(-1), new Set(states).size], ['sent', states.length]);
      // The old node has ended the input. If its catch node is replaced as well, nobody sees that.
      if (type === 'nodes') assert.equal(errorIn(await nodeRed.nextMessage('caught')).code, 'GOIP_CLOSED');
      assert.deepEqual(nodeRed.messages('completed'), []);
      assert.equal(gateway.onAir.length, 1);
      assert.equal(nodeRed.messages('result').length, 1);
    });
  }

  for (const storage of ['disk', 'memory']) {
    it(`tells a result of the last moment again, flagged: ${storage}`, async () => {
      const slow = { id: 'slow', type: 'delay', z: 'tab', pauseType: 'delay', timeout: LONG, timeoutUnits: 'seconds' };
      const [send] = flowNode('goip send', 'send', ['slow', 'status']);
      assert(send);
      const nodes = [send, { ...slow, wires: [['result']] }, recorder('result'), recorder('status')];
      const { flow, gateway } = await startFlow(nodeRed, nodes, { server: { storage } });
      await nodeRed.whenStatus('send', '2/2');
      nodeRed.receive('send', { payload: 'hello', to: '1', goip: { jobId: 'mine' } });
      await nodeRed.whenReceived('slow', 1);
      const changed = flow.map((node) => (node.id === 'slow' ? { ...node, timeout: '0.001' } : node));
      for (const type of ['nodes', 'full'] as const) {
        await nodeRed.deploy(changed, type);
        const { payload, goip } = await nodeRed.nextMessage('result');
        assert.deepEqual([(payload as JobResult).id, goipOf({ goip }).redelivered], ['mine', true]);
      }
      assert.equal(gateway.onAir.length, 1);
    });

    it(`lets an SMS that is on air end as sent, over a full deploy: ${storage}`, async () => {
      const server = { storage };
      const { flow, gateway } = await startFlow(nodeRed, sendFlow(), { server, gateway: { lineTime: 0.3 } });
      await nodeRed.whenStatus('send', '2/2');
      nodeRed.receive('send', { payload: 'hello', to: ['1', '2', '3', '4'] });
      await nodeRed.nextMessage('status', ({ payload }) => (payload as RecipientStatus).state === 'waiting');
      await nodeRed.deploy(flow, 'full');
      const { payload } = await nodeRed.nextMessage('result');
      const { results } = payload as JobResult;
      assert.deepEqual(
        results.map(({ to, state }) => `${to} ${state}`),
        ['1 sent', '2 sent', '3 sent', '4 sent'],
      );
      assert.deepEqual(gateway.onAir.map(({ to }) => to).sort(), ['1', '2', '3', '4']);
    });
  }
});
