/** The examples of the specs, byte by byte. */
import assert from 'node:assert/strict';
import { play } from './stage.js';

describe('simulator: the examples of the specs', () => {
  it('registers with three fields (protocol §2)', () =>
    play({ keepaliveFields: 'minimal' }, async ({ gateway, line, server, pass }) => {
      assert.equal(await server.nextKeepalive(), 'req:1;id:goipid1;pass:password1;');
      assert.equal(line.registered, false);
      for (let count = 2; count <= 10; count += 1) {
        pass(30);
        assert.equal(await server.nextKeepalive(), `req:${count};id:goipid1;pass:password1;`);
      }
      server.send(line, 'reg:10;status:0;');
      await gateway.whenRegistered();
      assert.equal(line.registered, true);
    }));

  it('takes status 200 as well (protocol §2)', () =>
    play({}, async ({ gateway, line, server }) => {
      await server.nextKeepalive();
      server.send(line, 'reg:1;status:200;');
      await gateway.whenRegistered();
    }));

  it('sends the fields of the seed', () =>
    play(
      {
        lines: [{ id: 'goipid1', password: 'password1', number: '12345' }],
        keepaliveFields: 'seed',
        keepaliveValues: { signal: '23' },
      },
      async ({ server }) => {
        assert.equal(
          await server.nextKeepalive(),
          'req:1;id:goipid1;pass:password1;num:12345;signal:23;gsm_status:LOGIN;voip_status:LOGIN;',
        );
      },
    ));

  it('sends all the fields of newer firmware in their order (peer fixture)', () =>
    play(
      {
        lines: [{ id: 'goip-1', password: 'goip', number: '', gsmStatus: 'LOGIN' }],
        keepaliveValues: {
          signal: '',
          voip_status: 'LOGOUT',
          imei: '000000000000000',
          imsi: '000000000000000',
          iccid: '00000000000000000000',
          pro: 'CHINA UNICOM GSM',
          CELLINFO: 'LAC:FFFF,CELL ID:FFFF',
        },
      },
      async ({ server }) => {
        assert.equal(
          await server.nextKeepalive(),
          'req:1;id:goip-1;pass:goip;num:;signal:;gsm_status:LOGIN;voip_status:LOGOUT;voip_state:IDLE;remain_time:-1;' +
            'imei:000000000000000;imsi:000000000000000;iccid:00000000000000000000;pro:CHINA UNICOM GSM;idle:1;' +
            'disable_status:0;SMS_LOGIN:N;SMB_LOGIN:;CELLINFO:LAC:FFFF,CELL ID:FFFF;CGATT:Y;',
        );
      },
    ));

  it('sends to two numbers (seed §Process for Bulk SMS, example)', () =>
    play({ firmware: 'direct' }, async ({ line, server, pass }) => {
      await server.expect(line, 'MSG 11 5 hello\n', 'PASSWORD 11\n');
      await server.expect(line, 'PASSWORD 11 password1\n', 'SEND 11\n');
      await server.deliver(line, 'SEND 11 1 +8613800138000\n');
      pass(3);
      assert.equal(await server.next(), 'OK 11 1\n');
      line.configure({ firmware: 'poll' });
      await server.expect(line, 'SEND 11 2 +8613800138001\n', 'WAIT 11 2\n');
      pass(3);
      await server.expect(line, 'SEND 11 2 +8613800138001\n', 'OK 11 2\n');
      await server.expect(line, 'DONE 11\n', 'DONE 11\n');
    }));

  it('pushes results (protocol §4)', () =>
    play({ firmware: 'push' }, async ({ line, server, pass }) => {
      await server.expect(line, 'MSG 11 5 hello\n', 'PASSWORD 11\n');
      await server.expect(line, 'PASSWORD 11 password1\n', 'SEND 11\n');
      await server.expect(line, 'SEND 11 1 +8613800138000\n', 'WAIT 11 1\n');
      pass(3);
      assert.equal(await server.next(), 'OK 11 1\n');
      await server.expect(line, 'SEND 11 2 +8613800138001\n', 'WAIT 11 2\n');
      await server.expect(line, 'SEND 11 2 +8613800138001\n', 'WAIT 11 2\n');
      pass(3);
      assert.equal(await server.next(), 'OK 11 2\n');
      await server.expect(line, 'SEND 11 2 +8613800138001\n', 'OK 11 2\n');
      await server.expect(line, 'SEND 11 3 +8613800138002\n', 'WAIT 11 3\n');
      await server.expect(line, 'DONE 11\n', 'DONE 11\n');
    }));

  it('counts the SMS and puts a blank before the newline (protocol §4)', () =>
    play({ firmware: 'direct', smsNo: true, firstSmsNo: 160 }, async ({ line, server, pass }) => {
      await server.expect(line, 'MSG 11 5 hello\n', 'PASSWORD 11\n');
      await server.expect(line, 'PASSWORD 11 password1\n', 'SEND 11\n');
      await server.deliver(line, 'SEND 11 1 +8613800138000\n');
      pass(3);
      assert.equal(await server.next(), 'OK 11 1 160\n');
      line.configure({ firmware: 'poll' });
      await server.expect(line, 'SEND 11 2 +8613800138001\n', 'WAIT 11 2\n');
      pass(3);
      await server.expect(line, 'SEND 11 2 +8613800138001\n', 'OK 11 2 161\n');
      line.configure({ blankBeforeNewline: true });
      await server.expect(line, 'DONE 11 \n', 'DONE 11 \n');
    }));

  it('hands an SMS in (seed §RECEIVE SMS, example)', () =>
    play({ passwordName: 'pass', firstRecvid: 1270197307 }, async ({ gateway, line, server }) => {
      const outcome = line.receiveSms({ from: '+8613513415667', text: 'just a test' });
      assert.equal(
        await server.next(),
        'RECEIVE:1270197307;id:goipid1;pass:password1;srcnum:+8613513415667;msg:just a test',
      );
      server.send(line, 'RECEIVE 1270197307 OK');
      assert.deepEqual(await outcome, { acked: true, copies: 1, recvid: '1270197307' });
      assert.deepEqual(
        gateway.received.map(({ from, text, outcome: told }) => ({ from, text, acked: told?.acked })),
        [{ from: '+8613513415667', text: 'just a test', acked: true }],
      );
    }));

  it('writes RECEIVE as its format line says, and with the fields of newer firmware', () =>
    play({}, async ({ line, server }) => {
      const first = line.receiveSms({ from: '10086', text: 'a;id:x;msg:b\n' });
      assert.equal(
        await server.next(),
        'RECEIVE:1270197307;id:goipid1;password:password1;srcnum:10086;msg:a;id:x;msg:b\n',
      );
      server.send(line, 'RECEIVE 1270197307 OK\n');
      await first;
      const second = line.receiveSms({ from: '', text: '', smsc: '+861', sentTime: '2026-11-22 10:00:00' });
      assert.equal(
        await server.next(),
        'RECEIVE:1270197306;id:goipid1;password:password1;srcnum:;smscnum:+861;senttime:2026-11-22 10:00:00;msg:',
      );
      server.send(line, 'RECEIVE 1270197306 OK\n');
      assert.equal((await second).acked, true);
    }));

  it('answers commands (protocol §6)', () =>
    play({ lines: [{ id: 'goipid1', password: 'password1', number: '13800138000' }] }, async ({ line, server }) => {
      await server.expect(line, 'get_gsm_num 879901 password1', 'get_gsm_num 879901 13800138000');
      await server.expect(line, 'set_gsm_num 879902 13800138001 password1', 'set_gsm_num 879902 13800138001 ok');
      assert.equal(line.number, '13800138001');
    }));

  it('answers USSD (protocol §6)', () =>
    play({ ussd: (code) => `You sent ${code}.\nPress 1 to confirm` }, async ({ line, server, pass }) => {
      await server.deliver(line, 'USSD 111 password1 557*0112220248*10#');
      pass(0.5);
      assert.equal(await server.next(), 'USSD 111 You sent 557*0112220248*10#.\nPress 1 to confirm');
    }));

  it('notifies like the peer fixtures', () =>
    play({ lines: [{ id: 'goip-1', password: 'goip' }] }, async ({ line, server }) => {
      void line.notify({ kind: 'RECORD', recvid: 1571812801, direction: 1, number: '1380013800' });
      assert.equal(await server.next(), 'RECORD:1571812801;id:goip-1;password:goip;dir:1;num:1380013800');
      void line.notify({ kind: 'DELIVER', recvid: 1571812803, smsNo: 32, state: 0, number: '+861380013800' });
      assert.equal(
        await server.next(),
        'DELIVER:1571812803;id:goip-1;password:goip;sms_no:32;state:0;num:+861380013800',
      );
      void line.notify({ kind: 'STATE', recvid: 446, state: 'DIALING', number: '999999999' });
      assert.equal(await server.next(), 'STATE:446;id:goip-1;password:goip;gsm_remain_state:DIALING:999999999');
      void line.notify({ kind: 'HANGUP', recvid: 442, number: '', cause: 'Normal call clearing' });
      assert.equal(await server.next(), 'HANGUP:442;id:goip-1;password:goip;num:,cause:Normal call clearing');
      void line.notify({ kind: 'CELLS', recvid: 34347, cells: ['689', '638'] });
      assert.equal(await server.next(), 'CELLS:34347;id:goip-1;password:goip;lists:689,638,');
      void line.notify({ kind: 'REMAIN', recvid: 7568, minutes: -1 });
      assert.equal(await server.next(), 'REMAIN:7568;id:goip-1;password:goip;gsm_remain_time:-1');
      void line.notify({ kind: 'EXPIRY', recvid: -5, minutes: 0 });
      assert.equal(await server.next(), 'EXPIRY:-5;id:goip-1;password:goip;exp:0');
      void line.notify({ kind: 'USSN', recvid: 100, text: 'a;msg:b' });
      assert.equal(await server.next(), 'USSN:100;id:goip-1;password:goip;msg:a;msg:b');
      void line.notify({ kind: 'OTHER', verb: 'NOVEL', recvid: 3, fields: new Map([['what', 'ever']]) });
      assert.equal(await server.next(), 'NOVEL:3;id:goip-1;password:goip;what:ever');
    }));
});
