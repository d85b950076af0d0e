const { readdirSync } = require('node:fs');

/**
 * The rooms of lib/ and which may know which. A file imports from its own room, or from the
 * index.ts of a room on a lower step; rooms of one step are strangers. `sources/*` stands for every
 * folder there. The rooms are those of the file system: one that has no step is an error, and so is a
 * step without its room.
 */
const steps = [
  ['core'],
  ['handlers', 'api-client', 'database'],
  ['inbox'],
  ['ingress', 'worker', 'reconcile'],
  ['source-definition'],
  ['sources/*'],
  ['ops'],
  ['module'],
];
/** Further entry points of the package, which may enter every room, and which no room may enter. */
const doors = ['opentelemetry', 'source', 'terminus', 'testing'];

const foldersOf = (path) =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

const rooms = foldersOf('lib').flatMap((name) =>
  name === 'sources' ? foldersOf('lib/sources').map((source) => `sources/${source}`) : [name],
);
const nameOf = (room) => (room.startsWith('sources/') ? 'sources/*' : room);
const stepOf = (room) => steps.findIndex((names) => names.includes(nameOf(room)));

const loose = readdirSync('lib').filter((name) => name.includes('.') && name !== 'index.ts');
const homeless = rooms.filter((room) => !doors.includes(room) && stepOf(room) < 0);
const absent = [...steps.flat(), ...doors].filter((name) => !rooms.map(nameOf).includes(name));
if (loose.length + homeless.length + absent.length > 0) {
  const list = (names) => names.join(', ') || 'none';
  throw new Error(
    `The steps in .dependency-cruiser.cjs are not the rooms of lib/: without a room: ${list(loose)}; ` +
      `without a step: ${list(homeless)}; without a folder: ${list(absent)}.`,
  );
}

const roomRules = rooms
  .filter((room) => !doors.includes(room))
  .map((room) => {
    const below = rooms.filter((other) => !doors.includes(other) && stepOf(other) < stepOf(room));
    const allowed = [`^lib/${room}/`, ...below.map((name) => `^lib/${name}/index[.]ts$`)];
    return {
      name: `${room.replace('/', '-')}-looks-down-only`,
      comment: `lib/${room} may import its own files and the index.ts of: ${below.join(', ') || 'nothing'}.`,
      severity: 'error',
      from: { path: `^lib/${room}/` },
      to: { path: '^lib/', pathNot: allowed },
    };
  });

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'rooms-are-entered-by-index',
      comment: 'The package index and its further entry points enter a room through its index.ts.',
      severity: 'error',
      from: { path: ['^lib/index[.]ts$', ...doors.map((door) => `^lib/${door}/`)] },
      to: {
        path: '^lib/',
        pathNot: ['^lib/.+/index[.]ts$', ...doors.map((door) => `^lib/${door}/`)],
      },
    },
    {
      name: 'doors-are-entered-from-outside-only',
      severity: 'error',
      from: { path: '^lib/', pathNot: doors.map((door) => `^lib/${door}/`) },
      to: { path: doors.map((door) => `^lib/${door}/`) },
    },
    {
      name: 'databases-are-strangers',
      comment: 'A database is one folder, which no other one knows; drivers.ts lists them all.',
      severity: 'error',
      from: { path: '^lib/database/([^/]+)', pathNot: '^lib/database/drivers[.]ts$' },
      to: { path: '^lib/database/[^/]+/', pathNot: '^lib/database/$1/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'page-knows-the-api-alone',
      comment: 'lib/ops/page is compiled for browsers; of the library it has the types of the API.',
      severity: 'error',
      from: { path: '^lib/ops/page/' },
      to: { path: '^lib/', pathNot: '^lib/ops/(page/|api[.]types[.]ts$)' },
    },
    {
      name: 'nobody-knows-the-page',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/ops/page/' },
      to: { path: '^lib/ops/page/' },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'What the page is made of is bundled into it.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/ops/page/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'],
        dependencyTypesNot: ['npm-peer', 'type-only'],
      },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
