// Node-RED inside the demo's own process, so that no other process can be left behind.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { listenNear } from './ports.mjs';

/** Levels of Node-RED's log. */
const ERROR = 20;
const WARN = 30;

/**
 * Starts Node-RED with this package loaded from the checkout.
 *
 * @returns its port, and what stops it, once the GoIP server listens
 */
export async function startNodeRed({ root, userDir, host, port: wantedPort }) {
  const RED = createRequire(import.meta.url)('node-red');
  const log = Object.assign((entry) => entry.level <= log.leastSevere && print(entry), { leastSevere: ERROR });

  // The port is taken before Node-RED starts; whoever asks before it is ready may ask again.
  let answer = (request, response) => response.writeHead(503, { 'Retry-After': '1' }).end('Node-RED is starting\n');
  const server = createServer((request, response) => answer(request, response));
  const port = await listenNear(server, wantedPort, host);

  RED.init(server, {
    uiHost: host,
    uiPort: port,
    userDir,
    flowFile: 'flows.json',
    // No encryption: the only credential is the password of devices that do not exist.
    credentialSecret: false,
    nodesDir: [root],
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    // No dialogs and no questions in front of the demo, and nothing that calls home.
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, page: { title: 'GoIP SMS demo' }, palette: { catalogues: [] } },
    logging: { console: { level: 'off' }, demo: { level: 'warn', handler: () => log } },
  });
  const listening = whenListening(RED.events);
  await RED.start();
  answer = (request, response) => RED.httpAdmin(request, response, () => RED.httpNode(request, response));
  await listening;
  // Not before: the warnings of the start are about what the settings above want.
  log.leastSevere = WARN;

  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await RED.stop();
  };
  return { port, stop };
}

/** Resolves when a GoIP node shows that the UDP port is bound, or after a while if the flow has none. */
function whenListening(events) {
  return new Promise((resolve) => {
    const onStatus = ({ status }) => status?.text === 'listening' && finish();
    const timer = setTimeout(() => finish(), 3000);
    const finish = () => {
      clearTimeout(timer);
      events.off('node-status', onStatus);
      resolve();
    };
    events.on('node-status', onStatus);
  });
}

function print({ level, type = 'Node-RED', name, id = '', msg }) {
  const kind = level < WARN ? 'error' : 'warning';
  process.stdout.write(`  ${kind} from ${type} ${name || id}: ${msg?.message ?? msg}\n`);
}
