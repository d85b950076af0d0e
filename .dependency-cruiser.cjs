/**
 * The rooms of lib/ and which may know which. A file imports from its own room, or from the
 * index.ts of a room on a lower step; rooms of one step are strangers.
 */
const steps = [
  ['core'],
  ['handlers', 'inbox', 'http'],
  ['sources/armox', 'sources/armalo'],
  ['ingress', 'worker', 'reconcile', 'ops'],
];
const doors = ['cli', 'testing', 'bullmq'];
const rooms = steps.flat();

const roomRules = rooms.map((room) => {
  const step = steps.findIndex((names) => names.includes(room));
  const below = steps.slice(0, step).flat();
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
      name: 'top-enters-rooms-by-index',
      comment: 'The module, its options and the doors enter a room through its index.ts.',
      severity: 'error',
      from: { path: ['^lib/[^/]+[.]ts$', ...doors.map((door) => `^lib/${door}/`)] },
      to: {
        path: '^lib/',
        pathNot: [
          '^lib/[^/]+[.]ts$',
          '^lib/.+/index[.]ts$',
          ...doors.map((door) => `^lib/${door}/`),
        ],
      },
    },
    {
      name: 'doors-are-entered-from-outside-only',
      severity: 'error',
      from: { path: '^lib/', pathNot: doors.map((door) => `^lib/${door}/`) },
      to: { path: doors.map((door) => `^lib/${door}/`) },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^lib/' },
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
