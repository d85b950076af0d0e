import { ContextIdFactory, type ModuleRef } from '@nestjs/core';
import { Injector } from '@nestjs/core/injector/injector.js';
import type { HandlerContext } from './handler-context.js';
import type { Candidate } from './handler.candidates.js';

type Method = (event: unknown, context?: HandlerContext) => unknown;

/**
 * Calls handlers directly: the application's global guards, pipes, interceptors and filters are for
 * requests, and there is none here.
 */
export class HandlerInvoker {
  private readonly injector = new Injector();

  constructor(private readonly moduleRef: ModuleRef) {}

  async invoke(
    candidate: Candidate,
    key: string | symbol,
    event: unknown,
    context?: HandlerContext,
  ): Promise<void> {
    const target = candidate.instance ?? (await this.fresh(candidate, event));
    await (Reflect.get(target, key) as Method).call(target, event, context);
  }

  /** What the provider gets from `@Inject(REQUEST)` is `{ armoxArmaloEvent: event }`. */
  private async fresh(candidate: Candidate, event: unknown): Promise<object> {
    const contextId = ContextIdFactory.create();
    this.moduleRef.registerRequestByContextId({ armoxArmaloEvent: event }, contextId);
    const { wrapper, host, collection, prototype } = candidate;
    return this.injector.loadPerContext<object>(
      (wrapper.instance as object | null) ?? prototype,
      host,
      collection as Parameters<Injector['loadPerContext']>[2],
      contextId,
      wrapper,
    );
  }
}
