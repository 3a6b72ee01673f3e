import assert from 'node:assert/strict';
import { GoipServer } from '../src/index.js';
import { HIDDEN } from '../src/printable.js';
import { quoted, Secrets } from '../src/secrets.js';

describe('secrets', () => {
  const secrets = new Secrets(['pass', 'password1', '', '1', '12345']);

  it('hides a password in a text, and all of one that holds another', () => {
    assert.equal(secrets.hide('a password1 b pass c'), `a ${HIDDEN} b ${HIDDEN} c`);
  });

  it('hides a password of digits if it is a whole number that is not short', () => {
    assert.equal(secrets.hide('1 12345 +4912345678'), `1 ${HIDDEN} +4912345678`);
  });

  it('shows a value as it is, unless it is a password', () => {
    assert.deepEqual(
      ['pass', 'passing', ''].map((text) => secrets.shown(text)),
      [HIDDEN, 'passing', ''],
    );
  });

  it('hides passwords in the quoted values of a message, and in these only', () => {
    assert.equal(
      secrets.shortQuotes(`row 1: ${quoted('x pass "y"')} is wrong`),
      `row 1: "x ${HIDDEN} \\"y\\"" is wrong`,
    );
  });

  it('hides a password at which a long value is cut', () => {
    const message = secrets.shortQuotes(quoted(`${'x'.repeat(55)}password1${'y'.repeat(5000)}`));
    assert.equal(message, `"${'x'.repeat(55)}${HIDDEN}y…"`);
  });

  it('takes quotes that are no JSON as they stand', () => {
    assert.equal(secrets.shortQuotes('what is "\\x pass"?'), `what is "\\\\x ${HIDDEN}"?`);
  });
});

describe('passwords of a server, in the wrong field', () => {
  const SECRET = 'kz4Secret';
  const row = { id: 'a', name: SECRET, group: SECRET, password: SECRET };

  it('are hidden as name and group of a line and as host, and shown as id', () => {
    const server = new GoipServer({ host: SECRET, devices: [row, { id: SECRET }] });
    const [line, other] = server.lines();
    assert.deepEqual([line?.name, line?.group], [HIDDEN, HIDDEN]);
    assert.deepEqual([other?.device, other?.name], [SECRET, SECRET]);
    assert.equal(server.diagnostics().settings.host, HIDDEN);
  });

  it('still choose the lines of a group that is called like one', async () => {
    const server = new GoipServer({ devices: [row] });
    const job = await server.send({ to: '1', text: 'hello', device: SECRET });
    assert.equal(job.total, 1);
    await server.stop();
  });

  it('are hidden in the errors of a request', async () => {
    const server = new GoipServer({ devices: [row] });
    const refused = [
      { to: SECRET, text: 'hello' },
      { to: [{ [SECRET]: 1 }], text: 'hello' },
      { to: [{ number: '1' }], text: `{{${SECRET}}}` },
      { to: [{ number: '1' }], text: `{{#"${SECRET}}}` },
      { to: [{ number: '1' }], text: `{{=${SECRET}=}}` },
      { to: '1', text: 'hello', device: `x ${SECRET}` },
    ];
    for (const request of refused) {
      await assert.rejects(server.send(request), (error: Error) => {
        assert.match(error.stack ?? '', /"[^"]*••••/);
        assert.doesNotMatch(error.stack ?? '', new RegExp(SECRET));
        return true;
      });
    }
    await server.stop();
  });
});
