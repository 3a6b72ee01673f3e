import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { mock } from 'node:test';
import { problemOfDevice } from '../../src/lines/device-rows.js';
import { Secrets } from '../../src/secrets.js';
import { ProblemList } from '../../src/reading/problems.js';
import { DeviceList } from '../../src/lines/devices.js';
import type { LimitOptions } from '../../src/lines/limit-options.js';
import type { LineLimits } from '../../src/lines/limits.js';

/** What is left out of a list, and why. */
function leftOutOf(rows: unknown, password?: string): string[] {
  const problems = new ProblemList(new Secrets(['secret']));
  new DeviceList(rows, { password }, problems);
  return problems.list().map(({ message }) => message);
}

const list = (...args: ConstructorParameters<typeof DeviceList>): DeviceList => new DeviceList(...args);

describe('devices: authentication', () => {
  it('takes the right password for the right id, and nothing else', () => {
    const devices = list(
      [
        { id: 'goipid1', password: 'password1' },
        { id: 'goipid2', password: 'password2' },
      ],
      undefined,
    );
    assert.equal(devices.authenticate('goipid1', 'password1')?.id, 'goipid1');
    for (const [id, password] of [
      ['goipid1', 'password2'],
      ['goipid1', ''],
      ['goipid1', 'password'],
      ['goipid1', 'password1 '],
      ['goipid1', 'PASSWORD1'],
      ['GOIPID1', 'password1'],
      ['goipid3', 'password1'],
      ['', 'password1'],
      ['', ''],
      ['__proto__', 'password1'],
      ['constructor', ''],
    ] as const) {
      assert.equal(devices.authenticate(id, password), undefined, `${id} / ${password}`);
    }
  });

  it('knows devices that are switched off by name, and lets none of them in', () => {
    const devices = list([
      { id: 'on', password: 'password1' },
      { id: 'off', password: 'password2', disabled: true, pinAddress: true },
      { id: 'last', password: 'password3', disabled: false },
    ]);
    assert.equal(devices.authenticate('off', 'password2'), undefined);
    assert.deepEqual(
      [...devices].map(({ id, index }) => [id, index]),
      [
        ['on', 0],
        ['last', 1],
      ],
    );
    assert.equal(devices.authenticate('last', 'password3')?.index, 1);
    assert.equal(devices.get('off'), undefined);
    assert.deepEqual([devices.has('off'), devices.isDisabled('off'), devices.isDisabled('on')], [true, true, false]);
    assert.deepEqual(
      [devices.isPinned('off'), devices.isPinned('on'), devices.isPinned('nobody')],
      [true, false, false],
    );
    assert.equal(devices.isPassword('password2'), true);
    for (const disabled of [true, false]) {
      const twice = [
        { id: 'off', disabled: true },
        { id: 'off', disabled },
      ];
      assert.deepEqual(leftOutOf(twice), ['device "off" is left out: its id is there twice']);
    }
  });

  it('does the same work whichever of id and password is wrong, and whatever their length', (): void => {
    const devices = list([{ id: 'goipid1', password: 'password1' }], undefined);
    const compare = mock.method(crypto, 'timingSafeEqual');
    const attempts = [
      ['goipid1', 'password1'],
      ['goipid1', 'passwordX'],
      ['goipid1', ''],
      ['nobody', 'password1'],
      ['', 'x'.repeat(1000)],
    ] as const;
    for (const [id, password] of attempts) devices.authenticate(id, password);
    const lengths = compare.mock.calls.map(({ arguments: [one, other] }) => [one.byteLength, other.byteLength]);
    mock.restoreAll();
    assert.deepEqual(
      lengths,
      attempts.map(() => [64, 64]),
    );
  });

  it('takes passwords of any length, and tells those from each other that begin alike', () => {
    const passwords = [1, 61, 62, 63, 64, 65, 1000].flatMap((length) => ['x'.repeat(length), 'ü'.repeat(length)]);
    const devices = list(
      passwords.map((password, index) => ({ id: `line${index}`, password })),
      undefined,
    );
    for (const [index] of passwords.entries()) {
      const right = passwords.filter((password) => devices.authenticate(`line${index}`, password));
      assert.deepEqual(right, [passwords[index]]);
    }
  });

  it('uses the own password of a device, or else the common one', () => {
    const devices = list([{ id: 'own', password: 'own1' }, { id: 'common' }, { id: 'empty', password: '' }], {
      password: 'common1',
    });
    assert.ok(devices.authenticate('own', 'own1'));
    assert.equal(devices.authenticate('own', 'common1'), undefined);
    assert.ok(devices.authenticate('common', 'common1'));
    assert.ok(devices.authenticate('empty', 'common1'));
    assert.deepEqual(
      [...devices].map(({ password }) => password),
      ['own1', 'common1', 'common1'],
    );
  });

  for (const common of [undefined, '']) {
    it(`always refuses a device without any password (common password: ${JSON.stringify(common)})`, () => {
      const devices = list([{ id: 'goipid1' }], { password: common });
      for (const password of ['', 'undefined', 'null', '\0'.repeat(32)]) {
        assert.equal(devices.authenticate('goipid1', password), undefined);
      }
      assert.equal(devices.get('goipid1')?.password, undefined);
    });
  }

  it('takes ids that objects have for names of their own', () => {
    const devices = list(
      [
        { id: '__proto__', password: 'a' },
        { id: 'constructor', password: 'b' },
      ],
      undefined,
    );
    assert.ok(devices.authenticate('__proto__', 'a'));
    assert.ok(devices.authenticate('constructor', 'b'));
  });

  it('takes passwords of any script, with blanks and colons', () => {
    for (const password of ['пароль', '密码', 'pass word', 'a:b', '🔑']) {
      assert.ok(list([{ id: 'goipid1', password }]).authenticate('goipid1', password));
    }
  });
});

describe('devices: the list', () => {
  it('keeps its order, and calls a device by its name or else by its id', () => {
    const devices = list([{ id: 'b', name: 'Office' }, { id: 'a' }, { id: 'c', name: '' }], { password: 'x' });
    assert.deepEqual(
      [...devices].map(({ id, name }) => [id, name]),
      [
        ['b', 'Office'],
        ['a', 'a'],
        ['c', 'c'],
      ],
    );
    assert.equal(devices.get('b')?.name, 'Office');
    assert.equal(devices.get('nobody'), undefined);
  });

  it('may be empty', () => assert.deepEqual([...list([], undefined)], []));

  it('leaves out a doubled id', () => {
    const rows = [
      { id: 'goipid1', password: 'first' },
      { id: 'goipid1', password: 'second' },
      { id: 'goipid2', password: 'third' },
    ];
    assert.deepEqual(leftOutOf(rows), ['device "goipid1" is left out: its id is there twice']);
    const devices = list(rows);
    assert.ok(devices.authenticate('goipid1', 'first'));
    assert.ok(devices.authenticate('goipid2', 'third'));
  });

  const BAD = ['a;b', ';', 'a\nb', 'a\rb', 'a\0b', 'a\tb', 'a\u001bb', 'a\u007fb'];
  for (const bad of BAD) {
    it(`leaves out an id ${JSON.stringify(bad)}, with no raw control character in the message`, () => {
      assert.equal(problemOfDevice(bad, 'secret'), 'its id holds ; or a control character');
      const [message = '', ...more] = leftOutOf([{ id: bad, password: 'secret' }]);
      assert.match(message, /^device ".*" is left out: its id holds ; or a control character$/);
      // eslint-disable-next-line no-control-regex -- control characters are what it looks for
      assert.doesNotMatch(message, /[\u0000-\u001f]|secret/);
      assert.deepEqual(more, []);
    });

    it(`leaves out a password ${JSON.stringify(bad)}, and does not say it`, () => {
      const password = `secret${bad}secret`;
      assert.equal(problemOfDevice('goipid1', password), 'its password holds ; or a control character');
      const message = 'device "goipid1" is left out: its password holds ; or a control character';
      assert.deepEqual(leftOutOf([{ id: 'goipid1', password }]), [message]);
    });
  }

  it('leaves out ids and passwords with half of a character, which would be one on the wire and in the journal', () => {
    const problem = 'holds half of a character (a lone surrogate)';
    for (const half of ['a\ud83d', '\ude00b']) {
      assert.equal(problemOfDevice(half, 'secret'), `its id ${problem}`);
      assert.equal(problemOfDevice('goipid1', half), `its password ${problem}`);
    }
    assert.equal(problemOfDevice('👍', '👍'), undefined);
    assert.deepEqual(leftOutOf([{ id: 'goipid1', password: 'secret', name: 'a\ud83d' }]), [], 'a name is only shown');
  });

  it('takes numbers for the digits of ids, names, groups and passwords', () => {
    const devices = list([{ id: 1001, name: 7, group: 49, password: 87654321 }]);
    const { id, name, group } = devices.authenticate('1001', '87654321') ?? assert.fail();
    assert.deepEqual([id, name, group], ['1001', '7', '49']);
  });

  it('takes ids that objects have for names of their own, with what stands beside them', () => {
    const rows = ['constructor', '__proto__', 'toString'].map((id) => ({ id, group: id, password: id }));
    assert.deepEqual(leftOutOf(rows), []);
    for (const { id } of rows) assert.equal(list(rows).authenticate(id, id)?.group, id);
  });

  const WRONG_ROWS: readonly (readonly [row: unknown, problem: string])[] = [
    [null, 'row 2 is left out: it is nothing, not an object'],
    ['x', 'row 2 is left out: it is a text, not an object'],
    [5, 'row 2 is left out: it is a number, not an object'],
    [true, 'row 2 is left out: it is true or false, not an object'],
    [[], 'row 2 is left out: it is a list, not an object'],
    [{}, '"" is left out: its id is empty'],
    [{ id: '' }, '"" is left out: its id is empty'],
    [{ id: {} }, 'row 2 is left out: its id must be a text, not an object'],
    [{ id: 1e30 }, 'row 2 is left out: its id must be a text, not a number'],
    [{ id: 'x', password: true }, '"x" is left out: its password must be a text, not true or false'],
    [{ id: 'x', password: { a: 'secret' } }, '"x" is left out: its password must be a text, not an object'],
    [{ id: 'x', name: [] }, '"x" is left out: its name must be a text, not a list'],
    [{ id: 'x', group: {} }, '"x" is left out: its group must be a text, not an object'],
    [{ id: 'x', allow: '10.0.0.300' }, '"x" is left out: allow: "10.0.0.300" is no address and no network'],
    [{ id: 'x', allow: 7 }, '"x" is left out: allow: "7" is no address and no network'],
    [{ id: 'x', allow: 'secret' }, '"x" is left out: allow: "••••" is no address and no network'],
    [{ id: 'x', pinAddress: 1 }, '"x" is left out: pinAddress must be true or false'],
    [{ id: 'x', disabled: 'maybe' }, '"x" is left out: disabled must be true or false'],
    [{ id: 'x', limits: 5 }, '"x" is left out: limits must be an object, not a number'],
    [
      { id: 'x', limits: { hourLimit: [] } },
      /^device "x" is left out: hourLimit must be a whole number .*, not a list$/.source,
    ],
    [{ id: 'secret', limits: [] }, '"••••" is left out: limits must be an object, not a list'],
  ];
  for (const [row, problem] of WRONG_ROWS) {
    it(`leaves out ${JSON.stringify(row)}, and keeps the other rows`, () => {
      const rows = [{ id: 'first' }, row, { id: 'last' }];
      const [message = '', ...more] = leftOutOf(rows, 'password1');
      if (problem.startsWith('^')) assert.match(message, new RegExp(problem));
      else assert.equal(message, `device ${problem}`);
      assert.deepEqual(more, []);
      const devices = list(rows, { password: 'password1' });
      assert.ok(devices.authenticate('first', 'password1'));
      assert.ok(devices.authenticate('last', 'password1'));
    });
  }

  it('is empty if it is no list, and says so once', () => {
    for (const rows of [{}, 'x', 5, true]) {
      assert.match(leftOutOf(rows).join('|'), /^devices must be a list of objects, not [^|]*; the default is used$/);
    }
    for (const rows of [undefined, null, '', []]) assert.deepEqual(leftOutOf(rows), []);
  });

  it('lists a hundred problems, and counts the others', () => {
    const messages = leftOutOf(Array.from({ length: 1000 }, () => null));
    assert.deepEqual([messages.length, messages.at(-1)], [101, '900 more rows are left out']);
  });

  it('counts rows that have the same problem, and names the first of them', () => {
    const rows = Array.from({ length: 3000 }, () => ({ id: 'goipid1' }));
    assert.deepEqual(leftOutOf([...rows, { id: '' }]), [
      'device "goipid1" is left out: its id is there twice (rows 2, 3, 4, 5, 6 and 2994 more)',
      'device "" is left out: its id is empty',
    ]);
  });

  it('has nothing against a device without a password: that one is never let in', () => {
    assert.equal(problemOfDevice('goipid1', undefined), undefined);
  });

  describe('with limits', () => {
    const common = { pauseMin: 2, pauseMax: 5, hourLimit: 30, dayLimit: 200 };
    const limitsOf = (own: LimitOptions | undefined): LineLimits | undefined =>
      list([{ id: 'goipid1', limits: own }], { limits: common }).get('goipid1')?.limits;

    it('has those of the server where a device says nothing', () => {
      const { pauseMs, perHour, perDay } = limitsOf(undefined) ?? assert.fail();
      assert.deepEqual([pauseMs, perHour, perDay], [[2000, 5000], 30, 200]);
      assert.deepEqual(limitsOf({}), limitsOf(undefined));
    });

    it('has its own before them; one without a value is not set', () => {
      const own = { hourLimit: 0, dayLimit: undefined, pauseMin: undefined, pauseMax: 9, quietHours: undefined };
      const { pauseMs, perHour, perDay } = limitsOf(own) ?? assert.fail();
      assert.deepEqual([pauseMs, perHour, perDay], [[2000, 9000], 0, 200]);
    });

    it('leaves out a device with wrong ones', () => assert.equal(limitsOf({ pauseMin: 6 }), undefined));
  });
});
