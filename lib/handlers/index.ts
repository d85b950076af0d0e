export { createEventDecorator } from './event.decorator.js';
export type {
  EventDecorator,
  EventMap,
  EventOf,
  EventPattern,
  Family,
  HandlerMethodDecorator,
} from './event.decorator.js';
export type { HandlerContext } from './handler-context.js';
export type { HandlerOptions, RetryPolicy } from './handler.options.js';
export type { RegisteredHandler } from './handler.registry.js';
