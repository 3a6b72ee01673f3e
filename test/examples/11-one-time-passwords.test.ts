import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { useNodeRed } from '../node-red/harness.js';
import { readExample, startExample } from './stage.js';

const id = (name: string): string => `goip-otp-${name}`;
const TOKEN = 'the secret of the tests';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

describe('the example 11-one-time-passwords', () => {
  const nodeRed = useNodeRed();
  let server: Server;
  beforeEach(async () => {
    server = createServer((request, response) => void nodeRed.httpNode(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function startCodes({ token = TOKEN, validFor = 300, waitFor = 30 } = {}): Promise<GoipSimulator> {
    const env = [
      { name: 'SENDERS', value: '["MyBank", "+12025550100"]', type: 'json' },
      { name: 'VALID_FOR', value: String(validFor), type: 'num' },
      { name: 'WAIT_FOR', value: String(waitFor), type: 'num' },
      { name: 'TOKEN', value: '', type: 'cred' },
    ];
    const { startGateway } = await startExample(
      nodeRed,
      '11-one-time-passwords',
      { 'goip-otp': { env }, [id('soon')]: { timeout: '10' } },
      { 'goip-otp': { TOKEN: token } },
    );
    return startGateway();
  }

  async function ask(query = '', token = TOKEN): Promise<Answer> {
    const { port } = server.address() as AddressInfo;
    const headers = { Authorization: `Bearer ${token}` };
    const response = await fetch(`http://127.0.0.1:${port}/goip/code${query}`, { headers });
    assert.equal(response.headers.get('cache-control'), 'no-store');
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  const texts: readonly [string, string][] = [
    ['Your code is 123456. Never tell it to anybody.', '123456'],
    ['G-482913 is your verification code', '482913'],
    ['Card ending 4711: pay 1234.50 EUR to 12345678901? TAN: 903 221', '903221'],
    ['Ваш код 55120', '55120'],
    ['<#> 7711-22 no; PIN 0042', '0042'],
    ['Use 123-456 to log in.', '123456'],
  ];
  it('finds the code in texts of all kinds', async () => {
    const gateway = await startCodes();
    for (const [text, code] of texts) {
      await gateway.line('goip-01').receiveSms({ from: 'MyBank', text });
      assert.equal((await ask()).body.code, code, text);
    }
  });

  it('answers who asks as soon as the SMS is there, once', async () => {
    const gateway = await startCodes();
    const asked = ask('?line=goip-02&from=mybank');
    await nodeRed.whenReceived(id('soon'), 2);
    await gateway.line('goip-01').receiveSms({ from: 'MyBank', text: 'Your code is 111111' });
    await gateway.line('goip-02').receiveSms({ from: '+12025550100', text: 'Your code is 222222' });
    await gateway.line('goip-02').receiveSms({ from: 'MyBank', text: 'Your code is 333333' });
    const { status, body } = await asked;
    const { receivedAt, ...code } = body;
    assert.equal(status, 200);
    assert.deepEqual(code, { code: '333333', from: 'MyBank', device: 'goip-02' });
    assert.match(String(receivedAt), /^20\d\d-.*Z$/);
    assert.equal((await ask('?line=goip-02')).body.code, '222222');
    assert.equal((await ask()).body.code, '111111');
  });

  it('knows no code of others, no old one, and none that was handed out', async () => {
    const gateway = await startCodes({ waitFor: 0.05 });
    await gateway.line('goip-01').receiveSms({ from: 'Bank', text: 'Your code is 123456' });
    await gateway.line('goip-01').receiveSms({ from: 'MyBank', text: 'Welcome to your new account!' });
    await nodeRed.whenStatus(id('find'), 'no code in that of MyBank');
    assert.deepEqual(await ask(), { status: 404, body: { error: 'no code has come' } });
    await gateway.line('goip-01').receiveSms({ from: 'MyBank', text: 'Your code is 123456' });
    assert.deepEqual([(await ask()).status, (await ask()).status], [200, 404]);
  });

  it('forgets a code after a while', async () => {
    const gateway = await startCodes({ waitFor: 0, validFor: -1 });
    await gateway.line('goip-01').receiveSms({ from: 'MyBank', text: 'Your code is 123456' });
    await nodeRed.nextMessage(id('known'));
    assert.equal((await ask()).status, 404);
  });

  it('compares the token in constant time', () => {
    const { func } = readExample('11-one-time-passwords').find((node) => node.id === id('allowed')) ?? assert.fail();
    assert.match(String(func), /crypto\.timingSafeEqual\(/);
    assert.doesNotMatch(String(func), /[!=]== (?:token|given)\b/);
  });

  it('finds the sender in a URL whose + was not encoded', async () => {
    const gateway = await startCodes({ waitFor: 0 });
    for (const sender of ['+12025550100', '%2B12025550100']) {
      await gateway.line('goip-01').receiveSms({ from: '+12025550100', text: 'Your code is 123456' });
      assert.equal((await ask(`?from=${sender}`)).body.code, '123456', sender);
    }
  });

  it('gives nothing to who has not the token, and to nobody if there is none', async () => {
    const gateway = await startCodes();
    await gateway.line('goip-01').receiveSms({ from: 'MyBank', text: 'Your code is 123456' });
    const guesses = ['guessed', TOKEN.slice(0, -1), `${TOKEN}x`, `${TOKEN.slice(0, -1)}x`, 'x'.repeat(5000)];
    for (const guess of guesses)
      assert.deepEqual(await ask('', guess), { status: 401, body: { error: 'wrong token' } }, guess);
    await nodeRed.unload();
    await startCodes({ token: '' });
    assert.deepEqual(await ask('', ''), { status: 403, body: { error: 'no TOKEN is set in this flow' } });
  });

  it('shows no code anywhere', async () => {
    const gateway = await startCodes();
    await gateway.line('goip-03').receiveSms({ from: 'MyBank', text: 'Your code is 987654' });
    const shown = await nodeRed.nextMessage(id('known'));
    await nodeRed.whenStatus(id('find'), 'MyBank to goip-03');
    await ask();
    const logs = (['error', 'warn', 'info'] as const).map((level) => nodeRed.logged(level));
    assert.doesNotMatch(JSON.stringify([shown, nodeRed.statuses(id('find')), logs]), /987654/);
  });
});
