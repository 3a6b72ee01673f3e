/**
 * The floors of the house: an import goes down, never up, and never to a neighbour. A new room gets its place here. `npm run
 * check:floors` fails for an import that breaks the rule, types included.
 */
const FLOORS = [
  ['nodes/'],
  ['src/index.ts'],
  ['src/server.ts'],
  ['src/facade/'],
  ['src/wiring.ts'],
  ['src/receive/', 'src/lifecycle/'],
  ['src/traffic/', 'src/records/'],
  ['src/config/'],
  ['src/outbox/'],
  ['src/events/', 'src/sessions/'],
  ['src/gate/', 'src/inbox/'],
  ['src/lines/', 'src/journal/', 'src/delivery/', 'src/simulator/'],
  ['src/reading/'],
  ['src/protocol/', 'src/gsm/', 'src/net/'],
  ['src/time/'],
  ['src/secrets.ts', 'src/faults.ts'],
  ['src/errors.ts', 'src/printable.ts'],
  // Plain data, without any import of Node.js: the pages of the editor are built from it, too.
  ['src/tables/'],
  ['src/parameters.ts'],
];

const pathOf = (rooms) => `^(${rooms.map((room) => room.replaceAll('.', '\\.')).join('|')})`;

const floors = FLOORS.flatMap((rooms, floor) =>
  rooms.map((room) => {
    const above = FLOORS.slice(0, floor + 1)
      .flat()
      .filter((other) => other !== room);
    return {
      name: `${room} is below`,
      severity: 'error',
      from: { path: pathOf([room]) },
      to: { path: pathOf(above) },
    };
  }),
).filter(({ to }) => to.path !== '^()');

module.exports = {
  forbidden: [
    { name: 'no circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'every file has a floor',
      comment: 'Put the new room into FLOORS.',
      severity: 'error',
      from: {},
      to: { path: '^(src|nodes)/', pathNot: pathOf(FLOORS.flat()) },
    },
    {
      name: 'the core knows no Node-RED',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: ['^nodes/', 'node_modules/@?node-red'] },
    },
    {
      name: 'the editor runs in browsers',
      comment: 'It may import types of the runtime, and of the core what needs no Node.js.',
      severity: 'error',
      from: { path: '^nodes/', pathNot: '^nodes/shared/|/runtime\\.ts$' },
      to: {
        path: '^nodes/shared/|/runtime\\.ts$|^src/',
        pathNot: '^src/(gsm|tables|time)/|^src/(parameters|errors|outbox/result)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'the simulator is a device of its own',
      severity: 'error',
      from: { path: '^src/simulator/' },
      to: { path: '^src/', pathNot: '^src/(simulator|protocol|gsm|tables)/|^src/parameters\\.ts$' },
    },
    {
      name: 'tables are plain data',
      comment: 'Pages of the editor and scripts read them.',
      severity: 'error',
      from: { path: '^src/tables/' },
      to: { pathNot: '^src/(tables/|parameters\\.ts$)' },
    },
    ...floors,
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|test)/' },
  },
};
