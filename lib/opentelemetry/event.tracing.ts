import {
  context,
  createContextKey,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import {
  errorType,
  type TracedArrival,
  type TracedAttempt,
  type TracedResult,
  type Tracing,
} from '../core/index.js';
import { ATTRIBUTES, SYSTEM } from './attributes.js';
import { readContext, storedContext } from './stored.context.js';

const ATTEMPT = createContextKey('armox-armalo:attempt');

/** The span of the attempt that runs in `within`, whatever spans its handlers have begun in it. */
export const attemptSpanIn = (within: Context): Span | undefined =>
  within.getValue(ATTEMPT) as Span | undefined;

/** A span where an event comes in, and one for each attempt at it, linked to that. */
export class EventTracing implements Tracing {
  constructor(private readonly tracer: Tracer) {}

  async storing<Result extends TracedResult>(
    event: TracedArrival,
    store: (traceContext: string | undefined) => Promise<Result>,
  ): Promise<Result> {
    const span = this.tracer.startSpan(`send ${event.source}`, {
      kind: SpanKind.PRODUCER,
      attributes: { ...about(event, 'send'), [ATTRIBUTES.origin]: event.origin },
    });
    try {
      const result = await store(storedContext(span.spanContext()));
      span.setAttribute(ATTRIBUTES.messageId, result.id);
      span.setAttribute(ATTRIBUTES.outcome, result.outcome);
      return result;
    } catch (error) {
      span.setAttribute(ATTRIBUTES.errorType, errorType(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  async attempting<Result>(attempt: TracedAttempt, run: () => Promise<Result>): Promise<Result> {
    const sent = attempt.traceContext === null ? undefined : readContext(attempt.traceContext);
    const span = this.tracer.startSpan(
      `process ${attempt.source}`,
      {
        kind: SpanKind.CONSUMER,
        links: sent ? [{ context: sent }] : [],
        attributes: {
          ...about(attempt, 'process'),
          [ATTRIBUTES.messageId]: attempt.id,
          [ATTRIBUTES.attempt]: attempt.attempt,
        },
      },
      ROOT_CONTEXT,
    );
    try {
      const within = trace.setSpan(ROOT_CONTEXT, span).setValue(ATTEMPT, span);
      return await context.with(within, run);
    } finally {
      span.end();
    }
  }
}

const about = (
  { source, name, eventId }: Omit<TracedArrival, 'origin'>,
  operation: 'send' | 'process',
): Attributes => ({
  [ATTRIBUTES.system]: SYSTEM,
  [ATTRIBUTES.operation]: operation,
  [ATTRIBUTES.operationType]: operation,
  [ATTRIBUTES.destination]: source,
  [ATTRIBUTES.event]: name,
  [ATTRIBUTES.eventId]: eventId,
});
