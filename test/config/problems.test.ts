import assert from 'node:assert/strict';
import { readConfig } from '../../src/config/read-config.js';

const WRONG_ROWS = Array.from({ length: 1000 }, (_, index) => ({ id: `wrong;${index}` }));

function read(options: object): { sendingProblem: string | undefined; messages: readonly string[] } {
  const { settings, problems } = readConfig({ devices: [...WRONG_ROWS, { id: 'good' }], ...options }, false);
  return { sendingProblem: settings.sendingProblem, messages: problems.map(({ message }) => message) };
}

describe('config: problems behind a thousand wrong device rows', () => {
  it('of the routes still stop sending', () => {
    const { sendingProblem, messages } = read({ routes: 'x' });
    assert.match(sendingProblem ?? '', /^routes must be a list of objects, not a text; nothing is sent/);
    assert.ok(messages.includes(sendingProblem ?? ''));
  });

  it('of rules and settings are listed, each of them', () => {
    const routes = Array.from({ length: 200 }, (_, index) => ({ prefix: `+${index + 1}`, device: 'nobody' }));
    const { messages } = read({ routes, password: {} });
    assert.equal(messages.filter((message) => message.startsWith('routing rule')).length, 200);
    assert.ok(messages.some((message) => message.startsWith('password must be a text')));
    assert.equal(messages.filter((message) => message.startsWith('device')).length, 100);
    assert.equal(messages.at(-1), '900 more rows are left out');
  });

  it('of equal rules are counted, with their rows', () => {
    const { messages } = read({ routes: Array.from({ length: 3 }, () => ({ prefix: '+49', device: 'nobody' })) });
    assert.ok(
      messages.includes(
        'routing rule +49: there is no device or group "nobody"; it finds no line there (rows 1, 2, 3)',
      ),
      messages.join('\n'),
    );
  });
});
