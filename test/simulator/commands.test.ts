/** Commands that read and change a device (protocol §6). */
import assert from 'node:assert/strict';
import { play } from './stage.js';

const LINES = [{ id: 'goipid1', password: 'password1', number: '12345' }];

describe('simulator: commands', () => {
  it('tells and changes values', () =>
    play({ lines: LINES }, async ({ line, server }) => {
      await server.expect(line, 'get_gsm_num 1 password1', 'get_gsm_num 1 12345');
      await server.expect(line, 'set_exp_time 2 60 password1', 'set_exp_time 2 60 ok');
      await server.expect(line, 'get_exp_time 3 password1', 'get_exp_time 3 60');
      await server.expect(line, 'get_remain_time 4 password1', 'get_remain_time 4 60');
      await server.expect(line, 'reset_remain_time 5 password1', 'reset_remain_time 5 ok');
      await server.expect(line, 'get_gsm_state 6 password1', 'get_gsm_state 6 IDLE');
      await server.expect(line, 'set_imei 7 123456789012345 password1', 'set_imei 7 123456789012345 ok');
      await server.expect(line, 'get_imei 8 password1', 'get_imei 8 123456789012345');
      await server.expect(line, 'set_out_call_interval 9 30 password1', 'set_out_call_interval 9 30 ok');
      await server.expect(line, 'get_out_call_interval 10 password1', 'get_out_call_interval 10 30');
      await server.expect(line, 'set_base_cell 11 689 password1', 'set_base_cell 11 689 ok');
      await server.expect(line, 'CURCELL 12 password1', 'CURCELL 12 689');
      await server.expect(line, 'svr_drop_call 13 password1', 'svr_drop_call 13 ok');
      await server.expect(
        line,
        'GSM 14 password1',
        'GSM:14;get_gsm_num:12345;get_exp_time:60;get_remain_time:60;get_gsm_state:IDLE;' +
          'imei:123456789012345;out_call_interval:30;module_down:0',
      );
    }));

  it('what a command changed stands in the next keepalive, and outlives a restart', () =>
    play({ lines: LINES, keepaliveFields: 'seed' }, async ({ line, server }) => {
      assert.match(await server.nextKeepalive(), /;num:12345;/);
      await server.expect(line, 'set_gsm_num 1 +8613 password1', 'set_gsm_num 1 +8613 ok');
      await line.restart();
      assert.match(await server.nextKeepalive(), /;num:\+8613;/);
    }));

  it('refuses a wrong password and a wrong value', () =>
    play({ lines: LINES }, async ({ line, server }) => {
      await server.expect(line, 'get_gsm_num 1 wrong', 'ERROR 1 PASSWORD');
      await server.expect(line, 'set_gsm_num 2 5 wrong', 'ERROR 2 5 PASSWORD');
      await server.expect(line, 'set_imei 3 5 password1', 'ERROR 3 5 imei_error');
      await server.expect(line, 'GSM 4 wrong', 'GSMERROR 4 PASSWORD');
      await server.expect(line, 'USSD 5 wrong *100#', 'USSDERROR 5 PASSWORD');
      await server.expect(line, 'USSDEXIT 6 wrong', 'USSDERROR 6 PASSWORD');
      assert.equal(line.number, '12345');
    }));

  it('answers a repeated command from memory, without doing it again', () =>
    play({ lines: LINES }, async ({ line, server }) => {
      await server.expect(line, 'get_gsm_num 1 password1', 'get_gsm_num 1 12345');
      await server.expect(line, 'set_gsm_num 2 99 password1', 'set_gsm_num 2 99 ok');
      await server.expect(line, 'get_gsm_num 1 password1', 'get_gsm_num 1 12345');
      await server.expect(line, 'get_gsm_num 3 password1', 'get_gsm_num 3 99');
    }));

  it('call forwarding ends with a DONE that is no session’s', () =>
    play({}, async ({ line, server }) => {
      await server.expect(line, 'CF 5 password1 0 3 10086 0', 'CFOK 5');
      server.send(line, 'DONE 5');
      await server.expectSilence(line);
    }));

  it('asks the network once per USSD id', () => {
    const codes: string[] = [];
    const ussd = (code: string) => {
      codes.push(code);
      return `answer ${codes.length}`;
    };
    return play({ ussd }, async ({ line, server, pass }) => {
      await server.deliver(line, 'USSD 111 password1 *100#');
      await server.deliver(line, 'USSD 111 password1 *100#');
      pass(0.5);
      assert.equal(await server.next(), 'USSD 111 answer 1');
      await server.expect(line, 'USSD 111 password1 *100#', 'USSD 111 answer 1');
      // protocol §6: an id up to the newest one gets the newest answer, whatever it asks.
      await server.expect(line, 'USSD 110 password1 *101#', 'USSD 111 answer 1');
      await server.deliver(line, 'USSD 112 password1 *102#\n');
      pass(0.5);
      assert.equal(await server.next(), 'USSD 112 answer 2');
      assert.deepEqual(codes, ['*100#', '*102#\n']);
    });
  });

  it('USSD can fail, or be closed by the network or by the server', () =>
    play({ ussd: (code) => (code === '1' ? { error: 'timeout' } : { exit: true }) }, async ({ line, server, pass }) => {
      await server.deliver(line, 'USSD 1 password1 1');
      pass(0.5);
      assert.equal(await server.next(), 'USSDERROR 1 timeout');
      await server.deliver(line, 'USSD 2 password1 2');
      pass(0.5);
      assert.equal(await server.next(), 'USSDEXIT 2');
      await server.expect(line, 'USSDEXIT 3 password1', 'USSDEXIT 3');
    }));

  it('tells the cells after it has said ok', () =>
    play({}, async ({ line, server, pass }) => {
      await server.expect(line, 'set_base_cell 1 77 password1', 'set_base_cell 1 77 ok');
      await server.expect(line, 'get_cells_list 2 password1', 'get_cells_list 2 ok');
      pass(0.01);
      assert.equal(await server.next(), 'CELLS:1270197307;id:goipid1;password:password1;lists:77,689,638,783,');
    }));

  it('switches radios on and off', () =>
    play({ lines: ['a', 'b', 'c'].map((id) => ({ id, password: 'p' })) }, async ({ gateway, line, server }) => {
      const states = () => gateway.lines.map(({ gsmStatus }) => gsmStatus);
      await server.expect(line, 'module_ctl 1 020 p', 'module_ctl 1 ok');
      assert.deepEqual(states(), ['LOGOUT', 'LOGIN', 'LOGOUT']);
      await server.expect(line, 'module_ctl_i 2 1 p', 'module_ctl_i 2 ok');
      await server.expect(gateway.line('b'), 'module_ctl_i 2 2 p', 'module_ctl_i 2 ok');
      assert.deepEqual(states(), ['LOGIN', 'LOGOUT', 'LOGOUT']);
    }));

  it('reboots a radio: away for a while, the session stays', () =>
    play({}, async ({ line, server, pass }) => {
      await server.openSession(line);
      await server.expect(line, 'svr_reboot_module 1 password1', 'svr_reboot_module 1 ok');
      pass(0.01);
      await server.expect(line, 'SEND 11 1 +861\n', 'ERROR 11 GSM_LOGOUT\n');
      pass(2);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
    }));

  it('reboots the whole gateway', () =>
    play(
      { lines: ['a', 'b'].map((id) => ({ id, password: 'p' })), keepaliveFields: 'minimal', rebootTime: 5 },
      async ({ gateway, line, server, pass }) => {
        await server.openSession(line, 11, 'hello', 'p');
        await server.expect(line, 'svr_reboot_dev 1 p', 'svr_reboot_dev 1 ok');
        pass(0.01);
        let restarts = 0;
        const both = new Promise<void>((resolve) => gateway.on('restarted', () => ++restarts === 2 && resolve()));
        pass(5);
        await both;
        await server.expect(line, 'SEND 11 1 +861\n', 'ERROR 11 SENDID\n');
        assert.equal(gateway.line('b').sessions, 0);
      },
    ));
});
