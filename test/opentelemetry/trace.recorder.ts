import type { Server } from 'node:http';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';

/** Registers itself as the process's tracer provider, and keeps the spans that end. */
export class Traced {
  private readonly exporter = new InMemorySpanExporter();
  private readonly provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(this.exporter)],
  });

  constructor() {
    trace.setGlobalTracerProvider(this.provider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  }

  async end(): Promise<void> {
    trace.disable();
    context.disable();
    await this.provider.shutdown();
  }

  forget(): void {
    this.exporter.reset();
  }

  /** Those that have ended, oldest end first. */
  spans(name?: string): readonly ReadableSpan[] {
    const spans = this.exporter.getFinishedSpans();
    return name === undefined ? spans : spans.filter((span) => span.name === name);
  }

  async until(name: string, times: number): Promise<readonly ReadableSpan[]> {
    while (this.spans(name).length < times) await new Promise((resolve) => setImmediate(resolve));
    return this.spans(name);
  }
}

/** What the instrumentation of `node:http` does: a span for each request, active from its first byte on. */
export function instrument(server: Server): void {
  const emit = server.emit.bind(server) as (event: string, ...rest: unknown[]) => boolean;
  server.emit = (event: string, ...rest: unknown[]): boolean => {
    if (event !== 'request') return emit(event, ...rest);
    const span = trace.getTracer('http').startSpan('POST', { kind: SpanKind.SERVER });
    const response = rest[1] as NodeJS.EventEmitter;
    response.once('close', () => span.end());
    return context.with(trace.setSpan(context.active(), span), () => emit(event, ...rest));
  };
}
