import { Global, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { metrics, trace } from '@opentelemetry/api';
import { SOURCES, TRACING, type ConfiguredSource } from '../core/index.js';
import { HandlerRegistry } from '../handlers/index.js';
import { InboxAdmin } from '../inbox/index.js';
import { Reconciler } from '../reconcile/index.js';
import { WorkerLifecycle } from '../worker/index.js';
import { EventTracing } from './event.tracing.js';
import { KnownEvents } from './known.events.js';
import { observeMetrics } from './observed.metrics.js';
import { joinProcessListeners } from './process.listeners.js';
import { beginAtZero } from './zero.metrics.js';

const SCOPE = 'nestjs-armox-armalo';

/**
 * Metrics and traces of what `ArmoxArmaloModule` does. Import it beside that one, and register a MeterProvider before
 * the application is initialised; without a TracerProvider there are no traces.
 */
@Global()
@Module({
  providers: [{ provide: TRACING, useFactory: () => new EventTracing(trace.getTracer(SCOPE)) }],
  exports: [TRACING],
})
export class ArmoxArmaloOpenTelemetryModule implements OnModuleInit, OnApplicationShutdown {
  private stops: readonly (() => void)[] = [];

  constructor(private readonly modules: ModuleRef) {}

  onModuleInit(): void {
    const meter = metrics.getMeter(SCOPE);
    const tracer = trace.getTracer(SCOPE);
    const configured = this.find<readonly ConfiguredSource[]>(SOURCES);
    const known = new KnownEvents(configured, this.find(HandlerRegistry));
    const sources = configured.map(({ source }) => source.name);
    const reconciler = this.find<Reconciler>(Reconciler);
    beginAtZero(meter, sources, reconciler.status());
    this.stops = [
      joinProcessListeners(meter, tracer, known),
      observeMetrics(meter, {
        sources,
        reconciler,
        admin: this.find(InboxAdmin),
        worker: this.find<WorkerLifecycle | undefined>(WorkerLifecycle),
      }),
    ];
  }

  /** After the worker's last settles, and the notices of dead events. */
  onApplicationShutdown(): void {
    for (const stop of this.stops) stop();
  }

  private find<Found>(token: Parameters<ModuleRef['get']>[0]): Found {
    return this.modules.get<Found>(token, { strict: false });
  }
}
