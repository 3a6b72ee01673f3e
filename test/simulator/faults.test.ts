/** The bad network between lines and server. */
import assert from 'node:assert/strict';
import { decideFate, type Faults } from '../../src/simulator/faults.js';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { mulberry32 } from '../../src/simulator/random.js';
import { play } from './stage.js';

const count = (length: number) => Array.from({ length }, (_, index) => index + 1);

/** Sends numbered datagrams to the server, then lets all through; gives back what arrived, in its order. */
async function sendToServer(faults: Faults, seed = 1): Promise<{ sent: number[]; arrived: string[] }> {
  const arrived: string[] = [];
  const sent: number[] = [];
  await play({ seed, faults }, async ({ gateway, line, server, pass }) => {
    gateway.on('datagram', ({ text, copies }) => {
      if (text.startsWith('X')) sent.push(copies);
    });
    for (const number of count(60)) {
      line.sendRaw(`X${number}`);
      pass(0.002);
    }
    pass(1);
    gateway.setFaults({});
    server.send(line, 'DONE 1\n');
    for (let text = await server.next(); text !== 'DONE 1\n'; text = await server.next()) arrived.push(text);
  });
  return { sent, arrived };
}

/** The same in the other direction: what the line answers is what has reached it. */
async function sendToDevice(faults: Faults, seed = 1): Promise<{ sent: number[]; arrived: string[] }> {
  const arrived: string[] = [];
  const sent: number[] = [];
  await play({ seed, faults: { toDevice: faults } }, async ({ gateway, line, server, pass }) => {
    for (const number of count(60)) {
      const read = nextToDevice(gateway);
      server.send(line, `DONE ${number}\n`);
      sent.push(await read);
      pass(0.002);
    }
    pass(1);
    gateway.setFaults({});
    server.send(line, 'DONE 99\n');
    for (let text = await server.next(); text !== 'DONE 99\n'; text = await server.next()) arrived.push(text);
  });
  return { sent, arrived };
}

async function nextToDevice(gateway: GoipSimulator): Promise<number> {
  return new Promise((resolve) => {
    const listener = ({ direction, copies }: { direction: string; copies: number }): void => {
      if (direction !== 'toDevice') return;
      gateway.off('datagram', listener);
      resolve(copies);
    };
    gateway.on('datagram', listener);
  });
}

/** Datagrams that came after one that was sent later. */
const overtaken = (arrived: readonly string[]) => {
  const numbers = arrived.map((text) => Number(/\d+/.exec(text)?.[0]));
  return numbers.filter((number, index) => number < Math.max(0, ...numbers.slice(0, index))).length;
};

describe('simulator: a bad network', () => {
  for (const [direction, send] of Object.entries({ toServer: sendToServer, toDevice: sendToDevice })) {
    it(`${direction}: loses datagrams, and no others than it says`, async () => {
      const { sent, arrived } = await send({ loss: 0.5 });
      const lost = sent.filter((copies) => copies === 0).length;
      assert(lost > 10 && lost < 50, `${lost} of 60 lost`);
      assert.equal(arrived.length, 60 - lost);
      assert.equal(overtaken(arrived), 0);
    });

    it(`${direction}: doubles datagrams`, async () => {
      const { sent, arrived } = await send({ duplicate: 0.5 });
      const doubled = sent.filter((copies) => copies === 2).length;
      assert(doubled > 10 && doubled < 50, `${doubled} of 60 doubled`);
      assert.equal(arrived.length, 60 + doubled);
    });

    it(`${direction}: lets later datagrams overtake`, async () => {
      const { arrived } = await send({ reorder: 0.3 });
      assert.equal(arrived.length, 60);
      assert(overtaken(arrived) > 5, arrived.join());
    });

    it(`${direction}: does the same again with the same seed, something else with another`, async () => {
      const faults = { loss: 0.2, duplicate: 0.2, reorder: 0.2, delay: [1, 20] } as const;
      const [first, second, other] = [await send(faults, 7), await send(faults, 7), await send(faults, 8)];
      assert.deepEqual(first, second);
      assert.notDeepEqual(first.sent, other.sent);
    });
  }

  it('a perfect network is the default', async () => {
    const { arrived } = await sendToServer({});
    assert.deepEqual(
      arrived,
      count(60).map((number) => `X${number}`),
    );
  });

  it('delays', () =>
    play({ faults: { toServer: { delay: [100, 100] } } }, async ({ gateway, line, server, pass }) => {
      line.sendRaw('late');
      pass(0.05);
      gateway.setFaults({});
      await server.expectSilence(line);
      pass(0.05);
      assert.equal(await server.next(), 'late');
    }));

  it('a held-back datagram comes after the next one, in both directions', () =>
    play({ lineTime: 1 }, async ({ gateway, line, server, pass }) => {
      gateway.setFaults({ toServer: { reorder: 1 } });
      line.sendRaw('first');
      gateway.setFaults({});
      line.sendRaw('second');
      assert.equal(await server.next(), 'second');
      pass(0.06);
      assert.equal(await server.next(), 'first');

      gateway.setFaults({ toDevice: { reorder: 1 } });
      const read = nextToDevice(gateway);
      server.send(line, 'DONE 1\n');
      await read;
      gateway.setFaults({});
      await server.expect(line, 'DONE 2\n', 'DONE 2\n');
      pass(0.06);
      assert.equal(await server.next(), 'DONE 1\n');
    }));

  it('partitions and heals, all lines or one; what is on its way is lost too', () =>
    play({ lines: ['a', 'b'].map((id) => ({ id, password: 'p' })) }, async ({ gateway, server, pass }) => {
      const [a, b] = [gateway.line('a'), gateway.line('b')];
      gateway.setFaults({ delay: [10, 10] });
      a.sendRaw('on its way');
      gateway.partition();
      pass(1);
      gateway.setFaults({});
      a.sendRaw('lost');
      b.sendRaw('lost');
      gateway.heal();
      gateway.partition('a');
      a.sendRaw('lost');
      b.sendRaw('through');
      assert.equal(await server.next(), 'through');
      const read = nextToDevice(gateway);
      server.send(a, 'DONE 1\n');
      assert.equal(await read, 0);
      gateway.heal('a');
      await server.expectSilence(a);
      await server.expectSilence(b);
      assert.equal(gateway.counters.lost, 4);
    }));

  it('drops one certain datagram', () =>
    play(
      { faults: { drop: ({ direction, text }) => direction === 'toServer' && text.startsWith('OK ') } },
      async ({ gateway, line, server, pass }) => {
        await server.openSession(line);
        await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
        pass(3);
        await server.expectSilence(line);
        assert.equal(gateway.onAir.length, 1);
        gateway.setFaults({});
        await server.expect(line, 'SEND 11 1 +861\n', 'OK 11 1\n');
      },
    ));

  it('a change of the faults does not shift the fate of what follows', () => {
    const calm = mulberry32(3);
    const stormy = mulberry32(3);
    for (let datagram = 0; datagram < 20; datagram += 1) {
      decideFate(calm, {});
      decideFate(stormy, { loss: 1, duplicate: 1, reorder: 1 });
    }
    const faults = { loss: 0.5, duplicate: 0.5, delay: [1, 9] } as const;
    assert.deepEqual(decideFate(calm, faults), decideFate(stormy, faults));
  });
});
