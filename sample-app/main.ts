import 'reflect-metadata';
import { ConsoleLogger, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { readEnvironment } from './environment.js';
import { startMetrics } from './metrics.js';
import { startSandboxes } from './sandbox/sandbox.js';
import { SandboxTraffic } from './sandbox/sandbox-traffic.js';

/** Nest tells every module and route at start; here the events are what one wants to see. */
class ShortLogger extends ConsoleLogger {
  override log(message: unknown, context?: string): void {
    const boring = ['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory'];
    if (context === undefined || !boring.includes(context)) super.log(message, context ?? 'Sample');
  }
}

const environment = readEnvironment(process.env);
const sandboxes = environment.sandbox ? await startSandboxes(environment) : undefined;
const listening: { url?: string } = {};
const module = AppModule.with({
  publicUrl: () => listening.url,
  databaseUrl: environment.databaseUrl,
  opsPassword: environment.opsPassword,
  opsViewPassword: environment.opsViewPassword,
  ...(sandboxes?.environment ?? environment),
});
const options = { logger: new ShortLogger({ logLevels: ['log', 'warn', 'error', 'fatal'] }) };
const app: INestApplication =
  environment.adapter === 'fastify'
    ? await NestFactory.create(module, new FastifyAdapter(), options)
    : await NestFactory.create(module, options);

app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
app.use('/metrics', startMetrics());
await app.listen(environment.port, '0.0.0.0');

const { port } = new URL(await app.getUrl());
const url = (listening.url = `http://127.0.0.1:${port || '80'}`);
console.log(`
Listening on ${url} (${environment.adapter}, ${environment.databaseUrl.split(':')[0]})
  webhooks   POST ${url}/webhooks/armox   POST ${url}/webhooks/armalo
  to try     ${url}/agents   ${url}/renders   ${url}/health   ${url}/metrics
  operations ${operationsLine(environment.opsPassword)}
  ${sandboxes ? 'The sandboxes of both services send signed webhooks: some twice, some late, some never.' : 'No sandbox: waiting for signed webhooks.'}
`);

function operationsLine(password: string | undefined): string {
  if (password === undefined) return 'none: set OPS_PASSWORD';
  // Only what was made up for this run is said.
  const shown = process.env['OPS_PASSWORD'] === undefined ? password : 'as OPS_PASSWORD says';
  return `${url}/ops/   name operator, password ${shown}`;
}

if (sandboxes) {
  const traffic = new SandboxTraffic(sandboxes, url);
  traffic.start();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void traffic.stop());
}
