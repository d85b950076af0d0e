import { randomBytes } from 'node:crypto';

/** Everything the sample app can be told, read from the environment once. README: "The sample app". */
export interface Environment {
  readonly port: number;
  readonly databaseUrl: string;
  readonly adapter: 'express' | 'fastify';
  /** Whether sandbox servers of both services run in this process. */
  readonly sandbox: boolean;
  /** Of the operations page's user `operator`; undefined = there is no page. */
  readonly opsPassword: string | undefined;
  /** Of its user `viewer`, who may look and change nothing; undefined = there is none. */
  readonly opsViewPassword: string | undefined;
  readonly armox: ServiceEnvironment;
  readonly armalo: ServiceEnvironment;
}

export interface ServiceEnvironment {
  /** Empty = none was given. */
  readonly webhookSecrets: readonly string[];
  readonly apiKey: string | undefined;
  readonly baseUrl: string | undefined;
}

export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const armox = readService(env, 'ARMOX');
  const armalo = readService(env, 'ARMALO');
  const baseUrlGiven = armox.baseUrl !== undefined || armalo.baseUrl !== undefined;
  const sandbox = readChoice('SANDBOX', env['SANDBOX'] ?? (baseUrlGiven ? 'off' : 'on'), [
    'on',
    'off',
  ]);
  return {
    port: readPort(env['PORT'] ?? '3000'),
    databaseUrl: env['DATABASE_URL'] ?? 'sqlite:./data/sample.sqlite',
    adapter: readChoice('HTTP_ADAPTER', env['HTTP_ADAPTER'] ?? 'express', ['express', 'fastify']),
    sandbox: sandbox === 'on',
    // Whoever tries the app with the sandbox on is told one.
    opsPassword:
      env['OPS_PASSWORD'] ?? (sandbox === 'on' ? randomBytes(9).toString('base64url') : undefined),
    opsViewPassword: env['OPS_VIEW_PASSWORD'],
    armox,
    armalo,
  };
}

function readService(env: NodeJS.ProcessEnv, prefix: string): ServiceEnvironment {
  return {
    webhookSecrets: env[`${prefix}_WEBHOOK_SECRET`]?.split(',').filter(Boolean) ?? [],
    apiKey: env[`${prefix}_API_KEY`],
    baseUrl: env[`${prefix}_BASE_URL`],
  };
}

function readPort(value: string): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`PORT is "${value}"; write a number from 0 to 65535 (0 = any free one).`);
  }
  return port;
}

function readChoice<Choice extends string>(
  name: string,
  value: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) {
    throw new Error(`${name} is "${value}"; write ${choices.join(' or ')}.`);
  }
  return choice;
}
