/** Who is told what of the servers, and how often: on a virtual clock, with servers that are what they are told to be. */
import assert from 'node:assert/strict';
import type { GoipServerNode } from '../../nodes/shared/connection.js';
import { LiveView, type LiveListener, type LiveMessage } from '../../nodes/shared/live-view.js';
import type { LineState, Trace, TraceEntry } from '../../src/index.js';
import { VirtualClock } from '../sessions/virtual-clock.js';

describe('the live view', () => {
  it('tells an editor with a ticket all that there is, at once', async () => {
    const stage = new Stage();
    stage.add('one', { a: 1, b: 2 });
    stage.add('two', { c: 3 });
    await stage.watches('me');
    const [ids, one, two, ...more] = stage.told('me');
    assert.deepEqual([ids, more], [{ servers: ['one', 'two'] }, []]);
    assert.deepEqual([one, two].map(shownIn), ['one whole a=1 b=2', 'two whole c=3']);
    await stage.clock.pass({ seconds: 40 });
    assert.deepEqual(stage.told('me'), []);
  });

  it('does not take a server that a deploy stops and starts again for gone, however long that takes', async () => {
    const stage = new Stage();
    const one = stage.add('one', { a: 1 });
    await stage.watches('me');
    await stage.clock.pass({ seconds: 0.9 });
    stage.told('me');
    stage.listener.pause();
    stage.view.remove(one.node);
    await stage.clock.pass({ seconds: 8 });
    stage.listener.resume();
    await stage.clock.pass({ seconds: 0.9 });
    stage.add('one', { a: 2 });
    await stage.clock.pass({ seconds: 0.1 });
    assert.deepEqual(stage.told('me').map(shownIn), ['one whole a=2']);
  });

  it('tells of a server that does not come back', async () => {
    const stage = new Stage();
    stage.add('one', { a: 1 });
    await stage.watches('me');
    stage.told('me');
    stage.listener.pause();
    stage.removeAll();
    stage.listener.resume();
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.told('me'), [{ servers: [] }]);
  });

  it('tells nothing without a ticket, with one that was used, or with one that is too old', async () => {
    const stage = new Stage();
    stage.add('one', { a: 1 });
    stage.view.ticket();
    for (const wrong of ['', 'made up', '__proto__']) await stage.shows('stranger', wrong);
    const old = stage.view.ticket();
    await stage.clock.pass({ seconds: 10 });
    await stage.shows('late', old);
    const good = stage.view.ticket();
    await stage.shows('me', good);
    await stage.shows('thief', good);
    stage.change('one', { a: 2 });
    await stage.clock.pass({ seconds: 5 });
    assert.deepEqual(
      ['stranger', 'late', 'thief'].map((who) => stage.told(who).length),
      [0, 0, 0],
    );
    assert.equal(stage.told('me').length, 3);
  });

  it('tells what is new, at most once a second and server', async () => {
    const stage = new Stage();
    stage.add('one', { a: 0, b: 0 });
    stage.add('two', { c: 0 });
    await stage.watches('me');
    stage.told('me');
    for (let step = 1; step <= 100; step += 1) {
      stage.change('one', { a: step, b: 0 });
      await stage.clock.pass({ seconds: 0.1 });
    }
    const told = stage.told('me').map(shownIn);
    assert.equal(told.length, 10);
    for (const text of told) assert.match(text, /^one news a=\d+$/);
    assert.equal(told.at(-1), 'one news a=100');
  });

  it('tells a change of the state, the name and the jobs without lines', async () => {
    const stage = new Stage();
    const one = stage.add('one', { a: 0 });
    await stage.watches('me');
    stage.told('me');
    one.connection.state = 'port in use';
    await stage.clock.pass({ seconds: 1 });
    one.jobs = [{ id: 'job', sent: 1 }];
    await stage.clock.pass({ seconds: 1 });
    const told = stage.told('me').map((message) => ('server' in message ? message.server : undefined));
    assert.deepEqual(
      told.map((server) => [server?.state, server?.lines, server?.jobs.length, server?.jobCount]),
      [
        ['port in use', [], 0, 0],
        ['port in use', [], 1, 1],
      ],
    );
  });

  it('tells a trace as it goes on, at most fifty datagrams at once, and its end', async () => {
    const stage = new Stage();
    const one = stage.add('one', { a: 0 });
    await stage.watches('me');
    stage.told('me');
    const pass = async (): Promise<(string | undefined)[]> => {
      await stage.clock.pass({ seconds: 1 });
      return stage.told('me').map(tracedIn);
    };
    one.trace = traceOf('10:00', 0);
    assert.deepEqual(await pass(), ['10:00']);
    one.trace = traceOf('10:00', 2);
    assert.deepEqual(await pass(), ['10:00 1 2']);
    assert.deepEqual(await pass(), []);
    one.trace = traceOf('10:00', 3);
    await stage.watches('late');
    assert.equal(tracedIn(stage.told('late').at(-1)), '10:00 1 2');
    assert.deepEqual(await pass(), ['10:00 3']);
    assert.deepEqual(stage.told('late').map(tracedIn), ['10:00 3']);
    one.trace = traceOf('10:00', 100);
    const numbers = Array.from({ length: 50 }, (_, index) => index + 51);
    assert.deepEqual(await pass(), [`10:00 ${numbers.join(' ')}`]);
    // One that was ended and begun again between two looks counts from the beginning.
    one.trace = traceOf('10:05', 1);
    assert.deepEqual(await pass(), ['10:05 1']);
    one.trace = null;
    assert.deepEqual(await pass(), ['none']);
  });

  it('tells who was refused, those seen last, where something is new of that', async () => {
    const stage = new Stage();
    const one = stage.add('one', { a: 0 });
    await stage.watches('me');
    const rejectedIn = () => stage.told('me').map((message) => 'server' in message && message.server.rejected);
    assert.deepEqual(rejectedIn(), [false, []]);
    one.rejected = Array.from({ length: 60 }, (_, index) => ({ id: `stranger-${index}`, count: 1 }));
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(rejectedIn(), [one.rejected.slice(0, 50)]);
    stage.change('one', { a: 1 });
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(rejectedIn(), [undefined]);
    await stage.watches('another');
    const [, whole] = stage.told('another');
    assert.equal(whole && 'server' in whole && whole.server.rejected?.length, 50);
  });

  it('tells the one who comes later what the others know, and then all the same', async () => {
    const stage = new Stage();
    stage.add('one', { a: 0, b: 0 });
    await stage.watches('first');
    await stage.clock.pass({ seconds: 0.5 });
    stage.change('one', { a: 1, b: 0 });
    await stage.watches('second');
    assert.deepEqual(stage.told('second').map(shownIn), ['one', 'one whole a=0 b=0']);
    stage.told('first');
    await stage.clock.pass({ seconds: 0.5 });
    assert.deepEqual(stage.told('first').map(shownIn), ['one news a=1']);
    assert.deepEqual(stage.told('second').map(shownIn), ['one news a=1']);
  });

  it('is quiet when nobody has asked again, and looks at nothing', async () => {
    const stage = new Stage();
    const one = stage.add('one', { a: 0 });
    await stage.watches('me');
    await stage.clock.pass({ seconds: 30 });
    await stage.watches('me');
    await stage.clock.pass({ seconds: 44 });
    stage.change('one', { a: 1 });
    await stage.clock.pass({ seconds: 1 });
    const { looks } = one;
    assert.equal(stage.clock.pending, 0);
    stage.change('one', { a: 2 });
    await stage.clock.pass({ seconds: 100 });
    assert.equal(one.looks, looks);
    // Asked again, it was told all at the first time only.
    assert.deepEqual(stage.told('me').map(shownIn), ['one', 'one whole a=0']);
  });

  it('has nothing to do as long as nobody looks, tickets or not', () => {
    const stage = new Stage();
    const one = stage.add('one', { a: 0 });
    stage.view.ticket();
    assert.deepEqual([one.looks, stage.clock.pending], [0, 0]);
  });

  it('follows deploys: servers that go, come, and come again', async () => {
    const stage = new Stage();
    const one = stage.add('one', { a: 0 });
    const two = stage.add('two', { b: 0 });
    await stage.watches('me');
    stage.told('me');
    stage.view.remove(two.node);
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.told('me'), [{ servers: ['one'] }]);
    // The new one has come before the old one was gone.
    stage.add('one', { a: 0, z: 0 });
    stage.view.remove(one.node);
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.told('me').map(shownIn), ['one whole a=0 z=0']);
    stage.removeAll();
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.told('me'), [{ servers: [] }]);
    assert.equal(stage.clock.pending, 0);
    stage.add('three', { c: 0 });
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.told('me').map(shownIn), ['three', 'three whole c=0']);
  });

  it('tells that there is no server', async () => {
    const stage = new Stage();
    await stage.watches('me');
    assert.deepEqual(stage.told('me'), [{ servers: [] }]);
  });

  it('tells of a server with settings of no use that it is in error', async () => {
    const stage = new Stage();
    stage.view.add({ id: 'broken', name: 'B' } as unknown as GoipServerNode);
    await stage.watches('me');
    const server = { id: 'broken', name: 'B', state: 'error', isWhole: true, lines: [], jobs: [], jobCount: 0 };
    assert.deepEqual(stage.told('me')[1], { server: { ...server, trace: null, traced: [], rejected: [] } });
  });

  it('looks less often where it takes long', async () => {
    const stage = new Stage();
    const one = stage.add('one', { a: 0 });
    one.cost = 100;
    await stage.watches('me');
    await stage.clock.pass({ seconds: 21 });
    // The first look, and then one every two seconds.
    assert.equal(one.looks, 1 + 10);
    one.cost = 3_600_000;
    await stage.clock.pass({ seconds: 2 });
    const { looks } = one;
    one.cost = 0;
    await stage.watches('me');
    await stage.clock.pass({ seconds: 10 });
    assert(one.looks > looks, 'a clock that was set does not stop it');
  });

  it('tells two editors that come during the first look all lines, each once', async () => {
    const stage = new Stage();
    const one = stage.add('one', { a: 0, b: 0 });
    one.duringLook = () => stage.watch('second');
    await stage.watches('first');
    for (const session of ['first', 'second']) {
      assert.deepEqual(stage.told(session).map(shownIn), ['one', 'one whole a=0 b=0']);
    }
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual([stage.told('first'), stage.told('second'), one.looks], [[], [], 2]);
  });

  it('tells an editor that comes during a later look what the others know, and then all the same', async () => {
    const stage = new Stage();
    const one = stage.add('one', { a: 0, b: 0, c: 0 });
    await stage.watches('first');
    stage.told('first');
    stage.change('one', { a: 1, b: 1, c: 0 });
    one.duringLook = () => stage.watch('second');
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.told('first').map(shownIn), ['one news a=1 b=1']);
    const [, whole, news] = stage.told('second').map(shownIn);
    assert.match(whole ?? '', /^one whole a=\d b=\d c=0$/);
    assert.equal(news, 'one news a=1 b=1');
  });

  it('tells an editor that comes when all others have gone all that there is, even during a look', async () => {
    const stage = new Stage();
    const one = stage.add('one', { a: 0, b: 0 });
    await stage.watches('first');
    one.duringLook = () => {
      stage.spend(60_000);
      stage.watch('second');
    };
    stage.change('one', { a: 1, b: 0 });
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.told('second').map(shownIn), ['one', 'one whole a=1 b=0']);
  });

  it('does not tell of a server that a deploy replaces while it is looked at', async () => {
    const stage = new Stage();
    const one = stage.add('one', { a: 0, b: 0 });
    one.duringLook = () => {
      stage.view.remove(one.node);
      stage.add('one', { a: 2, b: 2 });
    };
    await stage.watches('me');
    assert.deepEqual(stage.told('me').map(shownIn), ['one']);
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.told('me').map(shownIn), ['one whole a=2 b=2']);
  });

  it('keeps a bounded number of tickets, the newest', async () => {
    const stage = new Stage();
    const first = stage.view.ticket();
    const tickets = Array.from({ length: 1000 }, () => stage.view.ticket());
    await stage.shows('first', first);
    await stage.shows('second', tickets[0] ?? '');
    await stage.shows('last', tickets.at(-1) ?? '');
    assert.deepEqual(
      ['first', 'second', 'last'].map((who) => stage.told(who).length),
      [0, 1, 1],
    );
  });
});

/** `one news a=1`: the server, whether it was told as a whole, and the SMS that lines have sent. */
function shownIn(message: LiveMessage | undefined): string {
  if (!message) return 'nothing';
  if ('servers' in message) return message.servers.join(', ');
  const { id, isWhole, lines } = message.server;
  const texts = lines.map(({ device, counters }) => `${device}=${counters.sent}`);
  return [id, isWhole ? 'whole' : 'news', ...texts].join(' ');
}

/** `10:00 1 2`: when the trace was begun, and the datagrams that are told. */
function tracedIn(message: LiveMessage | undefined): string {
  if (!message || !('server' in message)) return 'nothing';
  const { trace, traced } = message.server;
  return [trace?.since ?? 'none', ...traced.map(({ number }) => number)].join(' ');
}

function traceOf(since: string, count: number): Trace {
  const entries = Array.from({ length: count }, (_, index) => ({ number: index + 1 }) as TraceEntry);
  return { since, until: `${since} and a quarter of an hour`, entries };
}

/** A node with a server, as it is to be. */
interface FakeServer {
  readonly node: GoipServerNode;
  readonly connection: { state: string };
  /** SMS sent, by line. */
  lines: Readonly<Record<string, number>>;
  jobs: readonly object[];
  trace: Trace | null;
  rejected: readonly object[];
  /** How often somebody has looked at the lines, and milliseconds that this takes. */
  looks: number;
  cost: number;
  /** Happens once, when a look has seen the first line. */
  duringLook: (() => void) | undefined;
}

class Stage {
  readonly clock = new VirtualClock();
  readonly #servers = new Map<string, FakeServer>();
  readonly #told: { readonly session: string; readonly message: LiveMessage }[] = [];
  #listener: LiveListener | undefined;
  /** Milliseconds of work. */
  #spent = 0;
  readonly view = new LiveView({
    clock: {
      now: () => this.clock.now() + this.#spent,
      after: (ms, ring) => this.clock.after(ms, ring),
      soon: (callback) => this.clock.soon(callback),
    },
    listen: (listener) => (this.#listener = listener),
    send: (session, message) => this.#told.push({ session, message }),
  });

  add(id: string, lines: Readonly<Record<string, number>>): FakeServer {
    const server = {
      visitLines: async (visit: (state: LineState) => void) => {
        fake.looks += 1;
        this.#spent += fake.cost;
        for (const [device, sent] of Object.entries(fake.lines)) {
          visit({ device, counters: { sent } } as LineState);
          const happens = fake.duringLook;
          fake.duringLook = undefined;
          await new Promise<void>((resolve) => this.clock.soon(resolve));
          happens?.();
        }
      },
      get trace() {
        return fake.trace;
      },
      runningJobs: () => ({ jobs: fake.jobs, total: fake.jobs.length }),
      get rejected() {
        return fake.rejected;
      },
    };
    const connection = { state: 'listening', server };
    const node = { id, name: id, connection } as unknown as GoipServerNode;
    const nothing = { jobs: [], trace: null, rejected: [], looks: 0, cost: 0 };
    const fake: FakeServer = { node, connection, lines, ...nothing, duringLook: undefined };
    this.#servers.set(id, fake);
    this.view.add(node);
    return fake;
  }

  change(id: string, lines: Readonly<Record<string, number>>): void {
    const server = this.#servers.get(id);
    assert(server);
    server.lines = lines;
  }

  removeAll(): void {
    for (const { node } of this.#servers.values()) this.view.remove(node);
  }

  get listener(): LiveListener {
    return this.#listener ?? assert.fail('nobody listens');
  }

  /** An editor shows a ticket, and is told what there is. */
  async shows(session: string, ticket: string): Promise<void> {
    this.listener.watch(session, ticket);
    await this.clock.settle();
  }

  async watches(session: string): Promise<void> {
    await this.shows(session, this.view.ticket());
  }

  /** An editor shows a good ticket; nothing else happens. */
  watch(session: string): void {
    const ticket = this.view.ticket();
    this.listener.watch(session, ticket);
  }

  /** Work takes time. */
  spend(ms: number): void {
    this.#spent += ms;
  }

  /** What an editor was told since the last time. */
  told(session: string): LiveMessage[] {
    const mine = this.#told.filter((one) => one.session === session);
    for (const one of mine) this.#told.splice(this.#told.indexOf(one), 1);
    return mine.map(({ message }) => message);
  }
}
