import { ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import {
  systemClock,
  type Clock,
  type DiagnosedBatch,
  type DiagnosticListeners,
} from '../core/index.js';
import { ATTRIBUTES, SYSTEM } from './attributes.js';

/**
 * A span for each claim that brought something, or failed, and for each group of settles: one for all their events,
 * and in none of the traces of these. Made afterwards, since most claims of an idle worker bring nothing.
 */
export function batchSpans(tracer: Tracer, clock: Clock = systemClock): DiagnosticListeners {
  const span = (operation: 'claim' | 'settle', { events, outcome, duration }: DiagnosedBatch) => {
    if (events === 0 && outcome === 'done') return;
    const endTime = clock.now();
    const made = tracer.startSpan(
      operation,
      {
        kind: SpanKind.CLIENT,
        startTime: endTime - duration,
        attributes: {
          [ATTRIBUTES.system]: SYSTEM,
          [ATTRIBUTES.operation]: operation,
          [ATTRIBUTES.operationType]: operation === 'claim' ? 'receive' : 'settle',
          [ATTRIBUTES.batchSize]: events,
        },
      },
      ROOT_CONTEXT,
    );
    if (outcome === 'failed') made.setStatus({ code: SpanStatusCode.ERROR });
    made.end(endTime);
  };
  return {
    'claim-ended': (batch) => span('claim', batch),
    'settle-ended': (batch) => span('settle', batch),
  };
}
