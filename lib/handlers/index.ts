export { createEventDecorator } from './event.decorator.js';
export type { EventDecorator, HandlerMethodDecorator } from './event.decorator.js';
export type { EventMap, EventOf, EventPattern, Family } from './event.selection.js';
export type { HandlerContext } from './handler-context.js';
export { defaultRetryPolicy, HANDLER_RULES, RETRY_RULES } from './handler.option-rules.js';
export type { HandlerOptions, RetryPolicy } from './handler.options.js';
export { HandlerExplorer } from './handler.explorer.js';
export { HandlerRegistry } from './handler.registry.js';
export type { RegisteredHandler } from './registered-handler.js';
