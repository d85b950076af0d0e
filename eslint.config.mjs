import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** TypeORM's names of the databases, and ours. */
const DATABASES = '/^(postgres|mysql|mariadb|better-sqlite3|sqljs|sqlite)$/';
const ASK_THE_DRIVER =
  'Do not ask which database it is: ask lib/database for what is different about it (Dialect, OpenDatabase, DatabaseDriver).';

export default tseslint.config(
  { ignores: ['dist/', 'dist-sample/', 'node_modules/', 'coverage/', 'data/'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    // Time and randomness come in through parameters; core/time.ts and core/random.ts alone read them.
    files: ['lib/**/*.{ts,tsx}'],
    ignores: [
      'lib/core/time.ts',
      'lib/core/random.ts',
      'lib/testing/**',
      // The page runs in a browser, whose time it takes there.
      'lib/ops/page/client/browser.time.ts',
    ],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take a Clock (core/time.ts).' },
        { object: 'performance', property: 'now', message: 'Take Timers (core/time.ts).' },
        { object: 'Math', property: 'random', message: 'Take a Random (core/random.ts).' },
      ],
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval'].map((name) => ({
          name,
          message: 'Take Timers (core/time.ts).',
        })),
      ],
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'node:timers/promises', message: 'Take Timers (core/time.ts).' }] },
      ],
      'no-console': 'error',
    },
  },
  {
    // Only the folder of a database says its name; nobody compares with one, nor keeps a record by them.
    files: ['lib/**/*.ts'],
    ignores: ['lib/database/*/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: `Literal[value=${DATABASES}]`, message: ASK_THE_DRIVER },
        { selector: `Property > Identifier.key[name=${DATABASES}]`, message: ASK_THE_DRIVER },
        {
          selector: `MemberExpression > Identifier.property[name=${DATABASES}]`,
          message: ASK_THE_DRIVER,
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        module: 'writable',
        require: 'readonly',
      },
    },
  },
  {
    // Their packages are installed by the bench alone, so there may be no types to check with.
    files: ['bench/peers/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { '@typescript-eslint/switch-exhaustiveness-check': 'off' },
  },
  {
    files: ['scripts/smoke-app.js'],
    languageOptions: { globals: { packages: 'readonly', fetch: 'readonly' } },
  },
  prettier,
);
