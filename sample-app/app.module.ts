import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TerminusModule } from '@nestjs/terminus';
import { ArmoxArmaloModule, type OpsLogin } from 'nestjs-armox-armalo';
import { ArmoxArmaloOpenTelemetryModule } from 'nestjs-armox-armalo/opentelemetry';
import { ArmoxArmaloHealthIndicator } from 'nestjs-armox-armalo/terminus';
import { Agent } from './agents/agent.entity.js';
import { AgentHandlers } from './agents/agent.handlers.js';
import { AgentWatcher } from './agents/agent.watcher.js';
import { AgentsController } from './agents/agents.controller.js';
import { Violation } from './agents/violation.entity.js';
import { databaseOptions } from './database/database.options.js';
import type { ServiceEnvironment } from './environment.js';
import { HealthController } from './health.controller.js';
import { Render } from './renders/render.entity.js';
import { RenderHandlers } from './renders/render.handlers.js';
import { RenderRequester } from './renders/render.requester.js';
import { RendersController } from './renders/renders.controller.js';

export interface AppOptions {
  readonly databaseUrl: string;
  readonly opsPassword: string | undefined;
  readonly opsViewPassword: string | undefined;
  readonly armox: ServiceEnvironment;
  readonly armalo: ServiceEnvironment;
  /** Where the services reach this app; known once it listens, since PORT may be 0. */
  readonly publicUrl: () => string | undefined;
}

@Module({})
export class AppModule {
  static with(options: AppOptions): DynamicModule {
    const { databaseUrl, armox, armalo, publicUrl } = options;
    const access = logins(options);
    return {
      module: AppModule,
      imports: [
        TypeOrmModule.forRoot(databaseOptions(databaseUrl)),
        TypeOrmModule.forFeature([Agent, Render, Violation]),
        TerminusModule,
        ArmoxArmaloOpenTelemetryModule,
        ArmoxArmaloModule.forRoot({
          armox: serviceOptions(armox),
          armalo: serviceOptions(armalo),
          publicUrl,
          ...(access.length > 0 && { ops: { access } }),
        }),
      ],
      controllers: [AgentsController, RendersController, HealthController],
      providers: [
        ArmoxArmaloHealthIndicator,
        AgentHandlers,
        RenderHandlers,
        RenderRequester,
        // Without a key there is nothing to poll with.
        ...(armalo.apiKey === undefined ? [] : [AgentWatcher]),
      ],
    };
  }
}

/** In an application of yours the list comes from a secret store, or `access` is a function that asks your login. */
function logins({ opsPassword, opsViewPassword }: AppOptions): readonly OpsLogin[] {
  const login = (name: string, password: string | undefined, role: OpsLogin['role']) =>
    password === undefined ? [] : [{ name, password, role }];
  return [
    ...login('operator', opsPassword, 'operate'),
    ...login('viewer', opsViewPassword, 'view'),
  ];
}

/** What the environment leaves out stays out: without a secret, deliveries are refused. */
function serviceOptions({ webhookSecrets, apiKey, baseUrl }: ServiceEnvironment) {
  return { ...(webhookSecrets.length > 0 && { webhookSecret: webhookSecrets }), apiKey, baseUrl };
}
