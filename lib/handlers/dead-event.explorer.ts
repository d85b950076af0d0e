import { Injectable } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import type { DeadEvent } from '../core/index.js';
import { deadEventMethods } from './dead-event.decorator.js';
import { candidatesOf } from './handler.candidates.js';
import { HandlerInvoker } from './handler.invoker.js';
import { methodPlace } from './decorated.methods.js';

export interface DeadEventListener {
  /** `Pager.page`, for messages. */
  readonly name: string;
  call(event: DeadEvent): Promise<void>;
}

/** Finds the methods that `@OnDeadEvent()` marks, of all providers and controllers. */
@Injectable()
export class DeadEventExplorer {
  private readonly invoker: HandlerInvoker;

  constructor(
    private readonly modules: ModulesContainer,
    moduleRef: ModuleRef,
  ) {
    this.invoker = new HandlerInvoker(moduleRef);
  }

  /** One for each method, also where its class is provided twice. */
  explore(): readonly DeadEventListener[] {
    const found = new Map<object, readonly DeadEventListener[]>();
    for (const candidate of [...this.modules.values()].flatMap(candidatesOf)) {
      if (candidate === undefined || candidate === 'pending') continue;
      const { prototype } = candidate;
      if (found.has(prototype)) continue;
      const listeners = deadEventMethods(prototype).map((key) => ({
        name: methodPlace(prototype, key),
        call: (event: DeadEvent) => this.invoker.invoke(candidate, key, event),
      }));
      found.set(prototype, listeners);
    }
    return [...found.values()].flat();
  }
}
