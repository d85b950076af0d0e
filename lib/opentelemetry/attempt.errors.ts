import { context, SpanStatusCode } from '@opentelemetry/api';
import type { DiagnosticListeners } from '../core/index.js';
import { ATTRIBUTES } from './attributes.js';
import { attemptSpanIn } from './event.tracing.js';

/** Handlers that do not succeed, in the span of their attempt: which, and of what kind the error is; never its text. */
export const attemptErrors: DiagnosticListeners = {
  'handler-ended': ({ handler, outcome, errorType = outcome }) => {
    if (outcome === 'done') return;
    attemptSpanIn(context.active())
      ?.addEvent('exception', {
        'exception.type': errorType,
        [ATTRIBUTES.consumerGroup]: handler,
      })
      .setAttribute(ATTRIBUTES.errorType, errorType)
      .setStatus({ code: SpanStatusCode.ERROR });
  },
};
