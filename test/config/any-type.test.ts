/** Every JSON type at every field of a configuration and of a request, through the core. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LIMITS, rowOf, SETTINGS, type SettingName } from '../../src/tables/settings.js';
import { GoipError, GoipServer, type SendRequest, type ServerOptions } from '../../src/index.js';
import { SEED } from '../protocol/property.js';
import { Stage } from '../server/stage.js';

/** Found by itself, wherever it is. */
const SECRET = 'kz4Secret';
const GOOD = { id: 'good', password: SECRET };

/** Any JSON, with what tends to break: names that objects have, numbers for texts, and the password in the wrong field. */
const json = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>,
  fc.constantFrom<unknown>(null, '', ' ', 0, -1, 1e300, true, [], {}, [null], [[]], SECRET, '__proto__', 'constructor'),
  fc.constantFrom<unknown>({ [SECRET]: SECRET }, [SECRET], `x ${SECRET}`, { length: 3 }, { toString: 1 }),
);

const rowFields = ['key', 'id', 'name', 'group', 'password', 'allow', 'pinAddress', 'limits', 'disabled'];
const row = fc.oneof(json, fc.dictionary(fc.constantFrom(...rowFields), json, { noNullPrototype: true }));
const rule = fc.oneof(json, fc.dictionary(fc.constantFrom('prefix', 'device'), json, { noNullPrototype: true }));
const limits = fc.dictionary(fc.constantFrom(...Object.keys(LIMITS)), json, { noNullPrototype: true });

/** Fields whose wrong values start nothing, which a server with good lines cannot have. */
const NAMES = Object.keys(SETTINGS) as SettingName[];
const FATAL = NAMES.filter((name) => rowOf(name).ifWrong === 'no start');
const harmless = NAMES.filter((name) => !FATAL.includes(name));

function options(names: readonly string[]): fc.Arbitrary<ServerOptions> {
  const settings = fc.dictionary(fc.constantFrom(...names), json, { noNullPrototype: true });
  const rows = fc.array(fc.oneof(row, fc.record({ id: json, limits })), { maxLength: 4 });
  const rules = fc.oneof(json, fc.array(rule, { maxLength: 3 }));
  return fc
    .tuple(settings, rows, rules)
    .map(([written, devices, routes]) => ({ ...written, devices: [...devices, GOOD], routes }) as ServerOptions);
}

/** What the call throws, if it is an error of ours; any other error fails. */
function ourErrorOf(call: () => unknown): GoipError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof GoipError, String(error));
    return error;
  }
}

describe('config: any JSON type at any field', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  it('throws nothing but GoipError, and says no password', () => {
    fc.assert(
      fc.property(options(NAMES), fc.boolean(), (written, isTolerant) => {
        const said: unknown[] = [];
        const error = ourErrorOf(() => {
          const server = new GoipServer({ ...written, storage: undefined }, { isTolerant });
          server.lines();
          server.diagnostics();
          said.push(server.problems);
        });
        assert.doesNotMatch(`${error?.message} ${JSON.stringify(said)}`, new RegExp(SECRET));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('of the password, for all or for a row, is read or named, and never said', () => {
    fc.assert(
      fc.property(json, json, (password, own) => {
        const devices = [{ id: 'a', password: own }, { id: 'b' }];
        const secrets = [password, own].filter((value) => typeof value === 'string' && value.length > 8);
        const written = { password, devices } as unknown as ServerOptions;
        const { problems } = new GoipServer(written, { isTolerant: true });
        for (const secret of secrets)
          assert.ok(!JSON.stringify(problems).includes(JSON.stringify(secret).slice(1, -1)));
      }),
      { seed: SEED },
    );
  });

  it('leaves the good row a line that registers', async () => {
    await fc.assert(
      fc.asyncProperty(options(harmless), async (written) => {
        // A row before it may have its id.
        const devices = (written.devices ?? []).filter((device) => (device as { id?: unknown } | null)?.id !== GOOD.id);
        const options = { ...written, devices: [...devices, GOOD], keepaliveStatus: 0 };
        const { address } = await stage.server(options, { isTolerant: true });
        const device = await stage.device(address);
        assert.match(await device.ask(`req:1;id:good;pass:${SECRET};`), /^reg:1;/);
        await stage.close();
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  it('of a request is refused by GoipError, or accepted', async () => {
    const { server, address } = await stage.server({ devices: [GOOD, { id: '1', password: SECRET, group: 'g' }] });
    const device = await stage.device(address);
    await device.ask(`req:1;id:good;pass:${SECRET};`);
    const fields = ['to', 'text', 'device', 'priority', 'maxParts', 'waitForReport', 'id', 'expire'];
    const anything = fc.dictionary(fc.constantFrom(...fields), json, { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(anything, async (written) => {
        const request = { to: '+1', text: 'hello', ...written } as SendRequest;
        await server.send(request).then(
          ({ id }) => server.cancel({ jobId: id }),
          (error: unknown) => assert.ok(error instanceof GoipError, String(error)),
        );
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
