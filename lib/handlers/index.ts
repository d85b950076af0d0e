export { patternMatches } from './event-pattern.js';
export { createEventDecorator } from './event.decorator.js';
export type {
  EventDecorator,
  EventMap,
  EventOf,
  EventPattern,
  Family,
  HandlerMethodDecorator,
} from './event.decorator.js';
export { OnDeadEvent } from './dead-event.decorator.js';
export { DeadEventExplorer } from './dead-event.explorer.js';
export type { DeadEventListener } from './dead-event.explorer.js';
export type { HandlerContext } from './handler-context.js';
export { defaultRetryPolicy } from './handler.options.js';
export type { HandlerOptions, RetryPolicy } from './handler.options.js';
export { HandlerExplorer } from './handler.explorer.js';
export { HandlerRegistry } from './handler.registry.js';
export type { RegisteredHandler } from './registered-handler.js';
