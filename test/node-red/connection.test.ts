/** The life of a config node's server, from its first user to its end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { install } from '@sinonjs/fake-timers';
import { Connection, type ConnectionState } from '../../nodes/shared/connection.js';
import { freeUdpPort } from './free-port.js';
import { occupy } from './stage.js';

const SECOND = 1000;

describe('a connection', () => {
  /** Timers of the connection: those of the server are its own. */
  let clock: ReturnType<typeof install>;
  let connection: Connection;
  beforeEach(() => (clock = install({ toFake: ['setTimeout', 'clearTimeout'] })));
  afterEach(async () => {
    clock.uninstall();
    await connection.close();
  });

  function connect(port: number): Connection {
    const options = { host: '127.0.0.1', port, storage: 'memory', devices: [{ id: 'a', password: 'secret' }] };
    connection = new Connection(options, {});
    return connection;
  }

  async function whenState(state: ConnectionState): Promise<void> {
    while (connection.state !== state) await once(connection, 'change');
  }

  it('whose port is in use waits for nothing after its end, and keeps its server for the next one', async () => {
    const port = await freeUdpPort();
    const other = await occupy(port);
    const { server } = connect(port);
    connection.register(connection);
    await whenState('port in use');
    await connection.deregister(connection, true);
    assert.equal(clock.countTimers(), 0);
    clock.tick(60 * SECOND);
    assert.equal(connection.lastServer, server);
    other.close();
    await once(other, 'close');
  });

  it('whose port was in use when its last user left is bound for the next user at once, and stays bound', async () => {
    const port = await freeUdpPort();
    const other = await occupy(port);
    connect(port);
    connection.register(connection);
    await whenState('port in use');
    await connection.deregister(connection, true);
    other.close();
    await once(other, 'close');
    const states: ConnectionState[] = [];
    connection.on('change', () => states.push(connection.state));
    connection.register(connection);
    await whenState('listening');
    clock.tick(60 * SECOND);
    // Closing waits for a binding that is under way.
    await connection.close();
    assert.deepEqual(states, ['connecting', 'listening', 'closed']);
  });

  it('tries the port again after 1, 2, 4 … and at most 30 seconds, and reports that once', async () => {
    const port = await freeUdpPort();
    const other = await occupy(port);
    connect(port);
    const troubles: string[] = [];
    connection.on('trouble', ({ message }) => troubles.push(message));
    const { server } = connection;
    const start = server.start.bind(server);
    let attempts = 0;
    server.start = () => {
      attempts += 1;
      return start();
    };
    connection.register(connection);
    await whenState('port in use');
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      const before = attempts;
      await clock.tickAsync(seconds * SECOND - 1);
      assert.equal(attempts, before, `not before ${seconds} s`);
      await clock.tickAsync(1);
      assert.equal(attempts, before + 1, `after ${seconds} s`);
      while (clock.countTimers() === 0) await clock.tickAsync(0);
    }
    assert.equal(troubles.length, 1);
    other.close();
    await once(other, 'close');
  });
});
