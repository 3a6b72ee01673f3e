/** Delivery reports: none, late, early, in several steps, of some numbers (protocol §5). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { DeliveryReport, Firmware } from '../../src/simulator/index.js';
import { play, START_TIME, type Stage } from './stage.js';

const HABITS = { smsNo: true, deliveryReports: true } as const;

/** Hands in one SMS to each number, in one session; the line says no more than WAIT yet. */
async function submit({ line, server }: Stage, ...numbers: readonly string[]): Promise<void> {
  await server.openSession(line);
  for (const [index, number] of numbers.entries()) {
    await server.expect(line, `SEND 11 ${index + 1} ${number}\n`, `WAIT 11 ${index + 1}\n`);
  }
}

/** The next datagram, which is a report and is acked. */
async function takeReport({ line, server }: Stage): Promise<string> {
  const [report, recvid = ''] = /^DELIVER:(\d+);.*$/.exec(await server.next()) ?? [];
  assert(report !== undefined);
  await server.deliver(line, `DELIVER ${recvid} OK\n`);
  return report.replace(/^.*;sms_no/, 'sms_no');
}

const facts = (reports: readonly DeliveryReport[]) =>
  reports.map(({ to, smsNo, state, at, outcome }) => [to, smsNo, state, (at - START_TIME) / 1000, outcome?.acked]);

describe('simulator: delivery reports', () => {
  it('come for no SMS, by default', () =>
    play({}, async (stage) => {
      const { gateway, line, server, pass } = stage;
      await submit(stage, '+861');
      pass(3);
      assert.equal(await server.next(), 'OK 11 1\n');
      pass(80);
      await server.expectSilence(line);
      assert.deepEqual(gateway.reports, []);
    }));

  it('stand in the books, with the SMS that they are about and the answer of the server', () =>
    play({ ...HABITS, firstSmsNo: 255 }, async (stage) => {
      const { gateway, server, pass } = stage;
      await submit(stage, '+861', '+862');
      pass(3);
      assert.equal(await server.next(), 'OK 11 1 255\n');
      pass(1);
      const about = { device: 'goipid1', to: '+861', sendid: 11, telid: 1, smsNo: 255 };
      const report = { ...about, state: 0, at: START_TIME + 4000, recvid: '1270197307' };
      assert.deepEqual(gateway.reports, [{ ...report, outcome: null }]);
      assert.equal(await takeReport(stage), 'sms_no:255;state:0;num:+861');
      const outcome = { acked: true, copies: 1, recvid: '1270197307' };
      assert.deepEqual(gateway.reports, [{ ...report, outcome }]);
      pass(3);
      assert.equal(await server.next(), 'OK 11 2 0\n');
      await server.next();
      const givenUp = once(gateway, 'reported');
      pass(20);
      await givenUp;
      assert.deepEqual(facts(gateway.reports), [
        ['+861', 255, 0, 4, true],
        ['+862', 0, 0, 7, false],
      ]);
    }));

  it('come for each part of a long SMS', () =>
    play(HABITS, async (stage) => {
      const { gateway, line, server, pass } = stage;
      await server.openSession(line, 11, 'x'.repeat(200));
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      pass(3);
      await server.next();
      pass(1);
      assert.equal(new Set(gateway.reports.map(({ recvid }) => recvid)).size, 2);
      assert.deepEqual(
        gateway.reports.map(({ to, state }) => [to, state]),
        [
          ['+861', 0],
          ['+861', 0],
        ],
      );
    }));

  /** When, in seconds after the OK, the reports of six SMS come. */
  async function delaysOf(seed: number): Promise<number[]> {
    let delays: number[] = [];
    await play({ ...HABITS, seed, deliveryDelay: [60, 3000] }, async (stage) => {
      const { gateway, server, pass } = stage;
      await submit(stage, '+861', '+862', '+863', '+864', '+865', '+866');
      for (let telid = 1; telid <= 6; telid += 1) {
        pass(3);
        assert.match(await server.next(), /^OK /);
      }
      pass(3000);
      const sentAt = new Map(gateway.onAir.map(({ to, at }) => [to, at]));
      delays = gateway.reports.map(({ to, at }) => (at - (sentAt.get(to) ?? NaN)) / 1000);
    });
    return delays;
  }

  it('can be late, by a random time that is the same in every run', async () => {
    const delays = await delaysOf(1);
    assert.equal(new Set(delays).size, 6);
    assert(
      delays.every((delay) => delay >= 60 && delay <= 3000),
      delays.join(),
    );
    assert.deepEqual(await delaysOf(1), delays);
    assert.notDeepEqual(await delaysOf(2), delays);
  });

  for (const firmware of ['push', 'direct'] satisfies Firmware[]) {
    it(`can leave before the OK (${firmware})`, () =>
      play({ ...HABITS, firmware, deliveryFirst: true, deliveryDelay: 500 }, async (stage) => {
        const { line, server, pass } = stage;
        await server.openSession(line);
        if (firmware === 'direct') await server.deliver(line, 'SEND 11 1 +861\n');
        else await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
        pass(3);
        assert.match(await server.next(), /^DELIVER:1270197307;.*;sms_no:0;state:0;num:\+861$/);
        assert.equal(await server.next(), 'OK 11 1 0\n');
      }));
  }

  it('can be there before the server asks for the result (poll)', () =>
    play({ ...HABITS, firmware: 'poll', deliveryFirst: true }, async (stage) => {
      await submit(stage, '+861');
      stage.pass(3);
      assert.equal(await takeReport(stage), 'sms_no:0;state:0;num:+861');
      await stage.server.expect(stage.line, 'SEND 11 1 +861\n', 'OK 11 1 0\n');
    }));

  it('can be pending first and final later', () =>
    play({ ...HABITS, deliveryState: [48, 33, 0], deliveryDelay: 5, deliveryInterval: 20 }, async (stage) => {
      const { gateway, line, server, pass } = stage;
      await submit(stage, '+861');
      pass(3);
      assert.equal(await server.next(), 'OK 11 1 0\n');
      pass(5);
      assert.equal(await takeReport(stage), 'sms_no:0;state:48;num:+861');
      pass(19.9);
      await server.expectSilence(line);
      pass(0.1);
      assert.equal(await takeReport(stage), 'sms_no:0;state:33;num:+861');
      pass(20);
      assert.equal(await takeReport(stage), 'sms_no:0;state:0;num:+861');
      assert.deepEqual(facts(gateway.reports), [
        ['+861', 0, 48, 8, true],
        ['+861', 0, 33, 28, true],
        ['+861', 0, 0, 48, true],
      ]);
    }));

  it('can be pending before the OK and failed after it', () =>
    play({ ...HABITS, deliveryFirst: true, deliveryState: [32, 70], deliveryInterval: 4 }, async (stage) => {
      await submit(stage, '+861');
      stage.pass(3);
      assert.match(await stage.server.next(), /;state:32;/);
      assert.equal(await stage.server.next(), 'OK 11 1 0\n');
      stage.pass(2.9);
      await stage.server.expectSilence(stage.line);
      // The first one was not acked, so it comes again before the second.
      stage.pass(1.1);
      assert.match(await stage.server.next(), /;state:32;/);
      assert.match(await stage.server.next(), /;state:70;/);
    }));

  it('can differ by number, and be missing for some', () =>
    play(
      {
        ...HABITS,
        lineTime: 1,
        deliveryReports: (to) => to !== '+862',
        deliveryDelay: (to) => (to === '+861' ? 30 : 10),
        deliveryState: (to) => ({ '+863': [48, 65], '+864': [] })[to] ?? 0,
        deliveryInterval: [2, 2],
      },
      async (stage) => {
        const { gateway, server, pass } = stage;
        await submit(stage, '+861', '+862', '+863', '+864', '+865');
        for (let telid = 1; telid <= 5; telid += 1) {
          pass(1);
          assert.match(await server.next(), /^OK /);
        }
        pass(26);
        assert.deepEqual(
          facts(gateway.reports).map((fact) => fact.slice(0, 4)),
          [
            ['+863', 2, 48, 13],
            ['+863', 2, 65, 15],
            ['+865', 4, 0, 15],
            ['+861', 0, 0, 31],
          ],
        );
      },
    ));

  it('come neither for SMS that the network refused, nor from a line without power', () =>
    play({ ...HABITS, failNumbers: { '+861': 1 }, deliveryDelay: 10 }, async (stage) => {
      const { gateway, line, server, pass } = stage;
      await submit(stage, '+861', '+862');
      pass(6);
      assert.equal(await server.next(), 'ERROR 11 1 errorstatus:1\n');
      assert.equal(await server.next(), 'OK 11 2 0\n');
      await line.restart();
      pass(100);
      await server.expectSilence(line);
      assert.deepEqual(gateway.reports, []);
    }));

  it('are over when somebody takes the power away as they leave', () =>
    play({ ...HABITS, deliveryFirst: true }, async (stage) => {
      const { gateway, line, pass } = stage;
      await submit(stage, '+861');
      gateway.once('report', () => void line.restart({ newPort: false }));
      const reported = once(gateway, 'reported');
      pass(3);
      await reported;
      const outcome = { acked: false, error: 'restarted', copies: 0, recvid: '1270197307' };
      assert.deepEqual(gateway.reports[0]?.outcome, outcome);
      await stage.server.expectSilence(line);
    }));
});
