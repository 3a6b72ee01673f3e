import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { LevelStore } from '../../src/journal/level-store.js';
import { freeUdpPort } from './free-port.js';
import { useNodeRed, type FlowNode, type Message } from './harness.js';
import {
  assertFree,
  CREDENTIALS,
  deviceRows,
  errorIn,
  flowNode,
  IDS,
  occupy,
  outcomeNodes,
  PASSWORD,
  serverNode,
  startFlow,
  startGateway,
  TAB,
} from './stage.js';

const goipIn = flowNode('goip in', 'in', ['sms', 'event']);
const goipStatus = flowNode('goip status', 'status', ['line'], { emit: 'request' });

describe('goip-server', () => {
  const nodeRed = useNodeRed();

  describe('credentials', () => {
    async function registersWith(password: string, id: string, port: number): Promise<void> {
      const gateway = await nodeRed.startGateway({ server: { host: '127.0.0.1', port }, lines: [{ id, password }] });
      await gateway.whenRegistered();
    }

    it('are passwords by the key of the row, with the common one for the others', async () => {
      const port = await freeUdpPort();
      const credentials = { server: { password: 'common', passwords: { 'key-goip-01': 'own' } } };
      await nodeRed.loadFlow([TAB, serverNode(port), ...goipIn], credentials);
      await nodeRed.whenStatus('in', 'listening');
      await registersWith('own', IDS[0], port);
      await registersWith('common', IDS[1], port);
    });

    it('stay with the row when its id is edited or it is moved', async () => {
      const port = await freeUdpPort();
      const devices = [
        { key: 'b', id: 'second' },
        { key: 'a', id: 'renamed' },
      ];
      await nodeRed.loadFlow([TAB, serverNode(port, { devices }), ...goipIn], {
        server: { passwords: { a: 'password of a', b: 'password of b' } },
      });
      await nodeRed.whenStatus('in', 'listening');
      await registersWith('password of a', 'renamed', port);
      await registersWith('password of b', 'second', port);
    });

    it('take over what the browser changed: new, replaced and removed passwords; those of deleted rows go', async () => {
      const port = await freeUdpPort();
      await nodeRed.loadFlow([TAB, serverNode(port), ...goipIn], {
        server: {
          password: 'common',
          passwords: { 'key-goip-01': 'old', 'key-goip-02': 'to be removed', gone: 'of a deleted row' },
          changes: { 'key-goip-01': 'new', 'key-goip-02': null },
        },
      });
      await nodeRed.whenStatus('in', 'listening');
      await registersWith('new', IDS[0], port);
      await registersWith('common', IDS[1], port);
      assert.deepEqual(nodeRed.storedCredentials('server'), {
        password: 'common',
        passwords: { 'key-goip-01': 'new' },
        own: '["key-goip-01"]',
      });
    });

    it('of a device that is switched off are kept for when it is switched on again', async () => {
      const port = await freeUdpPort();
      const off = { key: 'b', id: 'off', disabled: true };
      const devices = [{ key: 'a', id: 'on', disabled: 'false' }, off];
      const passwords = { a: 'password of a', b: 'password of b' };
      await nodeRed.loadFlow([TAB, serverNode(port, { devices }), ...goipIn], { server: { passwords, changes: {} } });
      await nodeRed.whenStatus('in', 'listening');
      await registersWith('password of a', 'on', port);
      assert.deepEqual(nodeRed.storedCredentials('server'), {
        password: undefined,
        passwords,
        own: '["a","b"]',
      });
    });

    it('may be ${ENV}, and are stored as they were written', async () => {
      process.env['GOIP_TEST_PASSWORD'] = 'from the environment';
      const port = await freeUdpPort();
      process.env['GOIP_TEST_PORT'] = String(port);
      process.env['GOIP_TEST_ID'] = 'id-from-env';
      const devices = [{ key: 'k', id: '${GOIP_TEST_ID}' }];
      await nodeRed.loadFlow([TAB, { ...serverNode(0, { devices }), port: '${GOIP_TEST_PORT}' }, ...goipIn], {
        server: { passwords: {}, changes: { k: '${GOIP_TEST_PASSWORD}' } },
      });
      await nodeRed.whenStatus('in', 'listening');
      await registersWith('from the environment', 'id-from-env', port);
      assert.deepEqual(nodeRed.storedCredentials('server')?.['passwords'], { k: '${GOIP_TEST_PASSWORD}' });
    });
  });

  describe('settings', () => {
    it('of no use are named; the nodes show an error and do not crash', async () => {
      await nodeRed.loadFlow([TAB, serverNode(0, { port: 'abc' }), ...goipIn], CREDENTIALS);
      assert.deepEqual(await nodeRed.whenStatus('in', 'error'), { fill: 'red', shape: 'dot', text: 'error' });
      assert.match(String(nodeRed.logged('error')[0]?.msg), /port must be a whole number/);
    });

    it('may be strings, and blank ones have their default', async () => {
      const port = await freeUdpPort();
      const texts = {
        offlineAfter: '92',
        resendInterval: '',
        resendCount: '3',
        queryInterval: '0.5',
        sessionsPerLine: '',
      };
      await nodeRed.loadFlow([TAB, { ...serverNode(0, texts), port: String(port) }, ...goipIn], CREDENTIALS);
      await nodeRed.whenStatus('in', 'listening');
    });

    const lines = deviceRows({ [IDS[0]]: { group: 'de' } });
    for (const [properties, level, message] of [
      [{ attempts: '0' }, 'warn', /attempts must be a whole number from 1 to 100, not "0"; the default is used/],
      [{ retryUnknown: 'maybe' }, 'warn', /retryUnknown must be true or false/],
      [{ sticky: 'yes' }, 'warn', /sticky must be true or false/],
      [{ eventDelay: 'soon' }, 'warn', /eventDelay must be a number of seconds/],
      [{ country: 'Germany' }, 'error', /country must be a country code of two letters.* nothing is sent/],
      [{ pauseMin: '-1' }, 'error', /pauseMin must be a number of seconds.* nothing is sent/],
      [{ pauseMin: 5, pauseMax: '2' }, 'error', /pauseMax must be no less than pauseMin.* nothing is sent/],
      [{ hourLimit: 'many' }, 'error', /hourLimit must be a whole number.* nothing is sent/],
      [{ dayLimit: '1.5' }, 'error', /dayLimit must be a whole number.* nothing is sent/],
      [{ quietHours: 'at night' }, 'error', /quietHours must be times like 22:00-07:00, not "at".* nothing is sent/],
      [{ quietHours: 22 }, 'error', /quietHours must be times like 22:00-07:00, not "22".* nothing is sent/],
      [{ cooldownAfter: -1 }, 'error', /cooldownAfter must be a whole number.* nothing is sent/],
      [{ cooldown: '1 h' }, 'error', /cooldown must be a number of seconds.* nothing is sent/],
      [{ routes: [{ prefix: '+49', device: 'fr' }] }, 'error', /routing rule \+49: there is no device or group "fr"/],
      [{ routes: [{ prefix: 'DE', device: 'de' }] }, 'error', /routing rule row 1: its prefix must be digits/],
      [{ routes: [{ prefix: '', device: 'de' }] }, 'error', /routing rule row 1: its prefix must be digits/],
      [{ routes: [{ prefix: '+49', device: '' }] }, 'error', /routing rule \+49: it names no device or group/],
      [{ devices: [...lines, null] }, 'error', /device row 3 is left out: it is nothing, not an object/],
    ] as const) {
      it(`that are wrong are named, and the lines stay: ${JSON.stringify(properties)}`, async () => {
        const { gateway } = await startFlow(nodeRed, goipIn, { server: { devices: lines, ...properties } });
        await nodeRed.whenStatus('in', '2/2');
        await gateway.line(IDS[0]).receiveSms({ from: '+1', text: 'hello' });
        assert.equal((await nodeRed.nextMessage('sms')).payload, 'hello');
        const logged = (['warn', 'error'] as const).flatMap((at) =>
          nodeRed.logged(at).flatMap(({ id, msg }) => (id === 'server' ? [[at, msg] as const] : [])),
        );
        const [[at, problem] = [], ...more] = logged;
        assert.deepEqual([at, more], [level, []]);
        if (level === 'warn') return assert.match(String(problem), message);
        const { code, message: reason } = problem as Error & { code: string };
        assert.equal(code, 'GOIP_BAD_SETTING');
        assert.match(reason, message);
      });
    }

    it('that could send what must not be sent hold all sending, by name', async () => {
      const send = [...flowNode('goip send', 'send', ['result', 'progress']), ...outcomeNodes('send')];
      await startFlow(nodeRed, [...goipIn, ...send], { server: { hourLimit: 'many' } });
      await nodeRed.whenStatus('in', '2/2');
      nodeRed.receive('send', { payload: 'hello', to: '+1' });
      const { code, message } = errorIn(await nodeRed.nextMessage('caught'));
      assert.equal(code, 'GOIP_BAD_SETTING');
      assert.match(message, /hourLimit must be a whole number .*; nothing is sent until this is corrected/);
    });

    it('of storage are disk or memory, and nothing else is taken for one of them', async () => {
      await nodeRed.loadFlow([TAB, serverNode(0, { storage: 'Memory' }), ...goipIn], CREDENTIALS);
      await nodeRed.whenStatus('in', 'error');
      const [error] = nodeRed.logged('error').map(({ msg }) => (msg as Error).message);
      assert.equal(error, 'storage must be disk or memory, not "Memory"');
    });

    it('for many lines may be strings, ${ENV} and blank', async () => {
      process.env['GOIP_TEST_PAUSE'] = '0.5';
      const port = await freeUdpPort();
      const properties = {
        ...{ attempts: '3', retryUnknown: 'false', sticky: '', country: ' de ', eventDelay: '', routes: [] },
        ...{ pauseMin: '${GOIP_TEST_PAUSE}', pauseMax: '', hourLimit: '30', dayLimit: '' },
        ...{ quietHours: '22:00 - 07:00', cooldownAfter: '3', cooldown: '' },
      };
      await nodeRed.loadFlow([TAB, serverNode(port, properties), ...goipIn], CREDENTIALS);
      await nodeRed.whenStatus('in', 'listening');
      assert.deepEqual(nodeRed.logged('error'), []);
    });

    it('of a row that are no limits leave that device out, by name', async () => {
      const port = await freeUdpPort();
      const devices = deviceRows({
        [IDS[0]]: { limits: { pauseMin: 6 } },
        [IDS[1]]: { limits: { hourLimit: 10, pauseMax: '' } },
      });
      await nodeRed.loadFlow([TAB, serverNode(port, { devices, pauseMin: 2, pauseMax: 5 }), ...goipIn], CREDENTIALS);
      await nodeRed.whenStatus('in', 'listening');
      const gateway = await nodeRed.startGateway({
        server: { host: '127.0.0.1', port },
        lines: [{ id: IDS[1], password: PASSWORD }],
      });
      await gateway.whenRegistered();
      await nodeRed.whenStatus('in', '1/1');
      assert.deepEqual(
        nodeRed.logged('error').map(({ msg }) => (msg as Error).message),
        [`device "${IDS[0]}" is left out: pauseMax must be no less than pauseMin`],
      );
    });

    it('of one bad device leave the others alone, and its password is not told', async () => {
      const port = await freeUdpPort();
      const devices = [
        { key: 'a', id: '' },
        { key: 'b', id: IDS[0] },
        { key: 'c', id: IDS[0] },
        { key: 'd', id: 'x', name: 'bad password' },
        { key: 'e', id: IDS[1] },
      ];
      await nodeRed.loadFlow([TAB, serverNode(port, { devices }), ...goipIn], {
        server: { password: PASSWORD, passwords: { d: 'sec;ret' } },
      });
      await nodeRed.whenStatus('in', 'listening');
      await startGateway(nodeRed, port);
      await nodeRed.whenStatus('in', '2/2');
      const errors = nodeRed.logged('error').map(({ msg }) => String(msg));
      assert.equal(errors.length, 3);
      assert.ok(!errors.join().includes('sec'));
    });

    const SECRET = 'kz4Secret';
    const ROW = { key: 'a', id: IDS[0] };
    for (const [what, properties, credentials, expected] of [
      [
        'a common password that is an unset environment variable',
        ...[{}, { password: `\${${SECRET}}` }],
        ['password is an environment variable that is not set; the default is used'],
      ],
      [
        'a password of a row that is an unset environment variable',
        ...[{}, { password: 'common', passwords: { a: `\${${SECRET}}` } }],
        [`device "${IDS[0]}" is left out: its password is an environment variable that is not set`],
      ],
      [
        'an id that is an unset environment variable',
        ...[{ devices: [{ key: 'a', id: '${GOIP_NOT_SET}' }] }, { password: SECRET }],
        [
          'device row 1 is left out: its id must be a text, not the environment variable "GOIP_NOT_SET", which is not set',
        ],
      ],
      [
        'a storage that is an unset environment variable',
        ...[{ storage: '${GOIP_NOT_SET}' }, { password: SECRET }],
        ['storage must be disk or memory, not the environment variable "GOIP_NOT_SET", which is not set'],
      ],
      [
        'a password in the field of the storage',
        ...[{ storage: SECRET }, { password: SECRET }],
        ['storage must be disk or memory, not "••••"'],
      ],
      [
        'passwords that are a text',
        ...[{}, { password: '', passwords: SECRET }],
        [
          'credentials.passwords must be an object with a password for each key of a row, not a text; it is not used',
          'credentials hold no password for devices row 1; a device without a password is refused',
        ],
      ],
      [
        'passwords that are a list',
        ...[{}, { password: 'common', passwords: [SECRET] }],
        ['credentials.passwords must be an object with a password for each key of a row, not a list; it is not used'],
      ],
      [
        'passwords with a key of no row',
        ...[{}, { passwords: { [SECRET]: SECRET } }],
        [
          'credentials hold no password for devices row 1; a device without a password is refused',
          'credentials.passwords has passwords with keys of no row in devices: 1',
        ],
      ],
      [
        'passwords that are properties of the node',
        ...[{ password: SECRET, devices: [{ ...ROW, password: SECRET }] }, { password: 'common' }],
        [
          'password is a property of the node; it is not used: passwords belong in the credentials of the node, where the dialog saves them',
          'password is a property of devices row 1; it is not used: passwords belong in the credentials of the node, where the dialog saves them',
        ],
      ],
      [
        'a row with a misspelt limit',
        ...[{ devices: [{ ...ROW, limits: { daylimit: 1 } }] }, { password: SECRET }],
        [
          `device "${IDS[0]}" is left out: limits must be some of pauseMin, pauseMax, hourLimit, dayLimit, quietHours, ` +
            'cooldownAfter, cooldown, not "daylimit"',
        ],
      ],
      [
        'a misspelt limit of the server',
        ...[{ hourlimit: 1 }, { password: SECRET }],
        ['hourlimit must be written hourLimit; nothing is sent until this is corrected, SMS are received'],
      ],
      [
        'port 0',
        ...[{ port: '0' }, { password: SECRET }],
        ['port 0 is another port at each start: gateways cannot find the server'],
      ],
      ['nothing about a key that is left of a removed row', {}, { passwords: { a: SECRET, old: SECRET } }, []],
    ] as const) {
      it(`logs ${what}`, async () => {
        const port = await freeUdpPort();
        const server = serverNode(port, { storage: 'memory', devices: [ROW], ...properties });
        await nodeRed.loadFlow([TAB, server, ...goipIn], { server: credentials });
        await nodeRed.whenStatus('in', ({ text }) => text === 'listening' || text === 'error');
        const logged = (['warn', 'error'] as const).flatMap((level) =>
          nodeRed.logged(level).filter(({ id }) => id === 'server'),
        );
        const messages = logged.map(({ msg }) => (msg instanceof Error ? msg.message : String(msg)));
        assert.deepEqual(messages, expected);
        assert.doesNotMatch(JSON.stringify(nodeRed.statuses('in')), new RegExp(SECRET));
      });
    }
  });

  describe('access', () => {
    const watcher = flowNode('goip in', 'in', ['sms', 'event'], { events: ['online', 'rejected'] });

    async function start(properties: object, rows: Readonly<Record<string, object>> = {}): Promise<void> {
      const port = await freeUdpPort();
      const devices = IDS.map((id) => ({ key: id, id, ...rows[id] }));
      await nodeRed.loadFlow([TAB, serverNode(port, { devices, ...properties }), ...watcher], CREDENTIALS);
      await nodeRed.whenStatus('in', ({ text }) => text === 'listening' || text === 'error');
      const lines = IDS.map((id) => ({ id, password: PASSWORD }));
      await nodeRed.startGateway({ server: { host: '127.0.0.1', port }, lines });
    }

    /** What becomes of lines, which talk from 127.0.0.1: `online`, or why they are refused. */
    async function fates(count: number): Promise<[device: unknown, fate: string][]> {
      const messages = await nodeRed.nextMessages('event', count);
      return messages
        .map(({ topic, payload, goip }): [unknown, string] => {
          const { event } = goip as { event: string };
          return [topic, event === 'rejected' ? (payload as { reason: string }).reason : event];
        })
        .sort();
    }

    const errors = () => nodeRed.logged('error').map(({ msg }) => msg as Error & { code: string });

    const BOTH_ONLINE = IDS.map((id) => [id, 'online']);
    for (const [what, allow] of [
      ['nothing', ''],
      ['blanks', ' \n '],
      ['an empty array', []],
      ['addresses and networks', '192.0.2.7, 127.0.0.1\n2001:db8::/32'],
      ['an array', ['192.0.2.0/24', '127.0.0.0/8']],
      ['${ENV}', '${GOIP_TEST_ALLOW}'],
      ['an array with ${ENV}', ['192.0.2.0/24', '${GOIP_TEST_ALLOW}']],
    ] as const) {
      it(`is given to addresses in the list of the server: ${what}`, async () => {
        process.env['GOIP_TEST_ALLOW'] = '10.0.0.0/8 127.0.0.1';
        await start({ allow });
        assert.deepEqual(await fates(2), BOTH_ONLINE);
      });
    }

    it('is refused to others', async () => {
      await start({ allow: '192.0.2.0/24' });
      assert.deepEqual(await fates(1), [['', 'address not allowed']]);
    });

    it('of a device is limited by its own list', async () => {
      await start(
        { allow: '127.0.0.1' },
        { [IDS[0]]: { allow: '192.0.2.1, 192.0.2.2' }, [IDS[1]]: { allow: '::1 127.0.0.1' } },
      );
      assert.deepEqual(await fates(2), [
        [IDS[0], 'address not allowed'],
        [IDS[1], 'online'],
      ]);
      assert.deepEqual(errors(), []);
    });

    for (const [what, properties, message] of [
      ['is no address', { allow: '127.0.0.1, 10.0.0.300' }, /^allow must be .*: "10.0.0.300" is no address and no/],
      ['holds no entry', { allow: ',' }, /^allow must be .*: "," is no address and no network/],
      ['is an object', { allow: { a: 1 } }, /^allow must be .*: "\{\\"a\\":1\}" is no address and no network/],
      [
        'is an environment variable that is not set',
        { allow: '${GOIP_TEST_UNSET}' },
        /: it is the environment variable "GOIP_TEST_UNSET", which is not set/,
      ],
      ['is neither true nor false', { pinAddress: 'maybe' }, /^pinAddress must be true or false, not "maybe"$/],
    ] as const) {
      it(`is opened to nobody by a setting that ${what}: it is named`, async () => {
        await start(properties);
        assert.equal(nodeRed.status('in')?.text, 'error');
        const [error, ...more] = errors();
        assert.deepEqual([error?.code, more], ['GOIP_BAD_SETTING', []]);
        assert.match(error?.message ?? '', message);
      });
    }

    it('is given to no device with a wrong list; the others are not touched', async () => {
      await start({}, { [IDS[0]]: { allow: '127.0.0.1/33' } });
      assert.deepEqual(await fates(2), [
        [IDS[0], 'unknown id'],
        [IDS[1], 'online'],
      ]);
      const [error] = errors();
      const problem = 'allow: "127.0.0.1/33" is no address and no network';
      assert.deepEqual(
        [error?.code, error?.message],
        ['GOIP_BAD_SETTING', `device "${IDS[0]}" is left out: ${problem}`],
      );
    });

    for (const [pinAddress, pins] of [
      [true, ['127.0.0.1']],
      ['true', ['127.0.0.1']],
      ['false', []],
      ['', []],
    ] as const) {
      it(`is tied to the first address with pinAddress ${JSON.stringify(pinAddress)}: ${pins.length > 0}`, async () => {
        await start({ pinAddress });
        assert.deepEqual(await fates(2), BOTH_ONLINE);
        await nodeRed.unload();
        const journal = await LevelStore.open(path.join(nodeRed.userDir, 'goip', 'server'));
        const pin = journal.get(`pin/${IDS[0]}`);
        await journal.close();
        assert.deepEqual(pin === undefined ? [] : [pin], pins);
      });
    }
  });

  describe('port', () => {
    it('in use shows a red ring, and is bound when it becomes free', async () => {
      const port = await freeUdpPort();
      const other = await occupy(port);
      await nodeRed.loadFlow([TAB, serverNode(port), ...goipIn], CREDENTIALS);
      assert.deepEqual(await nodeRed.whenStatus('in', 'port in use'), {
        fill: 'red',
        shape: 'ring',
        text: 'port in use',
      });
      other.close();
      await once(other, 'close');
      await nodeRed.whenStatus('in', 'listening');
      assert.deepEqual(
        nodeRed.statuses('in').map(({ text }) => text),
        ['connecting', 'port in use', 'listening'],
      );
    });

    it('is not bound while nobody uses the server, and released when the last user has left for good', async () => {
      const port = await freeUdpPort();
      await nodeRed.loadFlow([TAB, serverNode(port)], CREDENTIALS);
      await assertFree(port);
      const used = [TAB, serverNode(port), ...goipIn];
      await nodeRed.deploy(used, 'nodes');
      await nodeRed.whenStatus('in', 'listening');
      await assert.rejects(occupy(port), { code: 'EADDRINUSE' });
      await nodeRed.deploy([TAB, serverNode(port)], 'nodes');
      await assertFree(port);
      await nodeRed.deploy(used, 'nodes');
      await nodeRed.until(
        () => nodeRed.statuses('in').filter((status) => status.text === 'listening').length === 2,
        'bound again',
      );
    });
  });

  describe('storage', () => {
    const journals = async (): Promise<string[]> => readdir(path.join(nodeRed.userDir, 'goip')).catch(() => []);

    it('is a journal in the user directory, by the id of the node', async () => {
      await startFlow(nodeRed, goipIn);
      assert.deepEqual(await journals(), ['server']);
    });

    it('in memory leaves nothing on the disk', async () => {
      await startFlow(nodeRed, goipIn, { server: { storage: 'memory' } });
      assert.deepEqual(await journals(), []);
    });

    it('that somebody else has shows an error and refuses jobs, until it is free', async () => {
      const port = await freeUdpPort();
      await mkdir(path.join(nodeRed.userDir, 'goip'));
      const other = await LevelStore.open(path.join(nodeRed.userDir, 'goip', 'server'));
      const send = flowNode('goip send', 'send', ['result', 'progress']);
      await nodeRed.loadFlow([TAB, serverNode(port), ...goipIn, ...send, ...outcomeNodes('send')], CREDENTIALS);
      const status = await nodeRed.whenStatus('in', 'storage error');
      assert.deepEqual([status.fill, status.shape], ['red', 'dot']);
      assert.match(String(nodeRed.logged('error')[0]?.msg), /in use by another server/);
      nodeRed.receive('send', { payload: 'x', to: '1' });
      assert.equal(errorIn(await nodeRed.nextMessage('caught')).code, 'GOIP_STORAGE');
      await other.close();
      await nodeRed.whenStatus('in', 'listening');
    });
  });

  describe('deploys', () => {
    // An SMS that came right before a deploy may be delivered again, and then it is flagged.
    const isUnflagged = ({ goip }: Message): boolean => !(goip as { redelivered?: boolean }).redelivered;
    const rename = (flow: readonly FlowNode[], id: string): FlowNode[] =>
      flow.map((node) => (node.id === id ? { ...node, name: 'renamed' } : node));

    it('of other nodes leave the socket and the lines as they are', async () => {
      const { flow } = await startFlow(nodeRed, [...goipIn, ...goipStatus]);
      await nodeRed.whenStatus('in', '2/2');
      await nodeRed.deploy(rename(flow, 'in'), 'nodes');
      assert.equal(nodeRed.status('in')?.text, '2/2');
      assert.equal(nodeRed.statuses('status').filter((status) => status.text === 'listening').length, 1);
    });

    it('of everything bind the socket again, and each SMS still comes once', async () => {
      const { flow, gateway } = await startFlow(nodeRed, [...goipIn, ...goipStatus], {
        gateway: { keepaliveInterval: 0.05 },
      });
      await nodeRed.whenStatus('in', '2/2');
      for (let round = 1; round <= 3; round += 1) {
        await nodeRed.deploy(flow, 'full');
        await nodeRed.whenStatus('in', '2/2');
        await gateway.line(IDS[0]).receiveSms({ from: '+1', text: `round ${round}` });
        assert.equal((await nodeRed.nextMessage('sms', isUnflagged)).payload, `round ${round}`);
      }
      assert.equal(nodeRed.messages('sms').filter(isUnflagged).length, 3);
    });

    it('that change the port move the server there', async () => {
      const { flow, port } = await startFlow(nodeRed, goipIn);
      const next = await freeUdpPort();
      await nodeRed.deploy(
        flow.map((node) => (node.id === 'server' ? { ...node, port: next } : node)),
        'nodes',
      );
      await nodeRed.whenStatus('in', 'listening');
      await assertFree(port);
      await startGateway(nodeRed, next);
      await nodeRed.whenStatus('in', '2/2');
    });
  });

  it('passwords are in no message, log or status', async () => {
    const { gateway } = await startFlow(nodeRed, [
      ...goipIn,
      ...goipStatus,
      ...flowNode('goip send', 'send', ['result', 'progress']),
    ]);
    gateway.line(IDS[0]).sendRaw(`req:5;id:${IDS[0]};pass:${PASSWORD}`);
    gateway.line(IDS[0]).sendRaw(`NOVELTY:9;id:${IDS[0]};pass:${PASSWORD};password:${PASSWORD};x:1`);
    await gateway.line(IDS[0]).receiveSms({ from: '+1', text: 'x' });
    nodeRed.receive('send', { payload: 'x', to: '1' });
    nodeRed.receive('status', {});
    await nodeRed.nextMessage('result');
    await nodeRed.nextMessage('line');
    const all = ['sms', 'event', 'line', 'result', 'progress'].flatMap((id) => nodeRed.messages(id));
    const logs = (['error', 'warn', 'info'] as const).flatMap((level) => nodeRed.logged(level));
    const statuses = ['in', 'status', 'send'].flatMap((id) => nodeRed.statuses(id));
    assert.ok(!JSON.stringify([all, logs, statuses]).includes(PASSWORD));
  });
});
