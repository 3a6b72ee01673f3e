// The demo's Node-RED user directory: the quick start example, made ready for the simulated gateway.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freeUdpPortNear } from './ports.mjs';

const SERVER_ID = 'goip-server-example';
const DEFAULT_PORT = 44_444;
const DEFAULT_IDS = ['goip-01', 'goip-02', 'goip-03', 'goip-04'];

/**
 * Makes the user directory, or takes the one of the last start, with what was edited there. The UDP port is changed if
 * somebody else has it by now.
 *
 * @returns what the flow expects of the gateway: the server's UDP port and the device ids
 */
export async function prepareUserDir({ dir, example, password, fresh, host }) {
  if (fresh) rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const file = (name) => path.join(dir, name);

  const isEdited = textOf(file('flows.json')) !== textOf(file('flows.original.json'));
  const flow = readFlow(isEdited ? file('flows.json') : example);
  const server = flow.find(({ id }) => id === SERVER_ID);
  const wantedPort = Number(server?.port) || DEFAULT_PORT;
  const port = await freeUdpPortNear(wantedPort, host);

  if (server && !isEdited) {
    server.host = host;
    server.port = port;
    // Never in the flow file; the demo's credentials are not encrypted as they protect nothing.
    writeFileSync(file('flows_cred.json'), toJson({ [SERVER_ID]: { password } }));
    writeFileSync(file('flows.original.json'), toJson(flow));
    writeFileSync(file('flows.json'), toJson(flow));
  } else if (server && port !== wantedPort) {
    server.port = port;
    writeFileSync(file('flows.json'), toJson(flow));
  }
  const ids = server?.devices?.map(({ id }) => id);
  return { port, wantedPort, isEdited, ids: ids?.length ? ids : DEFAULT_IDS };
}

function readFlow(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`The flow ${file} cannot be read (${error.message}). To begin anew: npm start -- --fresh`, {
      cause: error,
    });
  }
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function toJson(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}
