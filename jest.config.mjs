const reportFile = process.env.TEST_REPORT;

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^nestjs-armox-armalo$': '<rootDir>/lib/index.ts',
    '^nestjs-armox-armalo/source$': '<rootDir>/lib/source/index.ts',
    '^nestjs-armox-armalo/terminus$': '<rootDir>/lib/terminus/index.ts',
    '^nestjs-armox-armalo/testing$': '<rootDir>/lib/testing/index.ts',
    '^nestjs-armox-armalo/opentelemetry$': '<rootDir>/lib/opentelemetry/index.ts',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
      },
    ],
  },
  reporters: [
    'default',
    ...(reportFile ? [['<rootDir>/test/counts.reporter.mjs', { file: reportFile }]] : []),
  ],
  coverageProvider: 'v8',
  maxWorkers: 2,
  testTimeout: 60_000,
};
