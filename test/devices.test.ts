import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { mock } from 'node:test';
import { DeviceList, problemOfDevice } from '../src/devices.js';
import type { LimitOptions } from '../src/lines/limit-settings.js';
import type { LineLimits } from '../src/lines/limits.js';

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
      assert.throws(() => list(twice), { code: 'GOIP_BAD_SETTING', message: /twice/ });
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

  it('refuses a doubled id', () => {
    const twice = [
      { id: 'goipid1', password: 'a' },
      { id: 'goipid1', password: 'b' },
    ];
    assert.throws(() => list(twice, undefined), {
      code: 'GOIP_BAD_SETTING',
      message: 'device "goipid1": its id is there twice',
    });
  });

  const BAD = ['a;b', ';', 'a\nb', 'a\rb', 'a\0b', 'a\tb', 'a\u001bb', 'a\u007fb'];
  for (const bad of BAD) {
    it(`refuses an id ${JSON.stringify(bad)}, with no raw control character in the message`, () => {
      assert.equal(problemOfDevice(bad, 'secret'), 'its id holds ; or a control character');
      assert.throws(
        () => list([{ id: bad, password: 'secret' }], undefined),
        (error: Error) => {
          // eslint-disable-next-line no-control-regex -- control characters are what it looks for
          assert.doesNotMatch(error.message, /[\u0000-\u001f]|secret/);
          return 'code' in error && error.code === 'GOIP_BAD_SETTING';
        },
      );
    });

    it(`refuses a password ${JSON.stringify(bad)}, own or common, and does not say it`, () => {
      const password = `secret${bad}secret`;
      assert.equal(problemOfDevice('goipid1', password), 'its password holds ; or a control character');
      const refused = {
        code: 'GOIP_BAD_SETTING',
        message: 'device "goipid1": its password holds ; or a control character',
      };
      assert.throws(() => list([{ id: 'goipid1', password }]), refused);
      assert.throws(() => list([{ id: 'goipid1' }], { password }), refused);
    });
  }

  it('refuses an empty id', () => {
    assert.throws(() => list([{ id: '' }], { password: 'secret' }), { message: 'device "": its id is empty' });
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

    it('refuses wrong ones, and names the device', () => {
      const message = 'device "goipid1": pauseMax must be no less than pauseMin';
      assert.throws(() => limitsOf({ pauseMin: 6 }), { code: 'GOIP_BAD_SETTING', message });
    });
  });
});
