import { Injectable } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import type { Module } from '@nestjs/core/injector/module.js';
import { EventHandlerError } from '../core/index.js';
import { withDto } from './event.dto.js';
import { decoratedClasses } from './decorated.classes.js';
import { candidatesOf, type Candidate } from './handler.candidates.js';
import { HandlerInvoker } from './handler.invoker.js';
import {
  classOf,
  decoratedMethods,
  methodPlace,
  prototypeChain,
  type DecoratedMethod,
} from './decorated.methods.js';
import type { RegisteredHandler } from './registered-handler.js';

/** A handler with where it was found, by which the registry tells two findings from two handlers. */
export interface FoundHandler {
  readonly handler: RegisteredHandler;
  readonly prototype: object;
  readonly key: string | symbol;
  readonly instance: object | undefined;
  /** Name of the module that provides it. */
  readonly module: string;
}

export interface Exploration {
  readonly found: readonly FoundHandler[];
  /** False while a lazily loaded module is still being made: explore again. */
  readonly complete: boolean;
}

/** Finds the decorated methods of all providers and controllers of one application. */
@Injectable()
export class HandlerExplorer {
  private readonly invoker: HandlerInvoker;
  private readonly marks = new WeakMap<object, readonly DecoratedMethod[]>();

  constructor(
    private readonly modules: ModulesContainer,
    moduleRef: ModuleRef,
  ) {
    this.invoker = new HandlerInvoker(moduleRef);
  }

  /** Changes when a module is loaded lazily, for which Nest calls no hook; cheap to read. */
  get moduleCount(): number {
    return this.modules.size;
  }

  explore(): Exploration {
    const candidacies = [...this.modules.values()].flatMap(candidatesOf);
    return {
      found: candidacies.flatMap((candidate) =>
        candidate === undefined || candidate === 'pending' ? [] : this.handlersOf(candidate),
      ),
      complete: !candidacies.includes('pending'),
    };
  }

  /** Names of classes with handlers of these sources, of which no module makes an instance. */
  unprovided(sources: ReadonlySet<string>): readonly string[] {
    const provided = new Set(
      [...this.modules.values()].flatMap(prototypesIn).flatMap(prototypeChain),
    );
    const missing = decoratedClasses().filter(
      ({ prototype, source }) => sources.has(source) && !provided.has(prototype),
    );
    return [...new Set(missing.map(({ prototype }) => classOf(prototype)?.name || 'a class'))];
  }

  private handlersOf(candidate: Candidate): readonly FoundHandler[] {
    const { prototype, instance, host } = candidate;
    return this.marksOf(prototype).map((marked) => ({
      handler: {
        name: marked.options.name ?? defaultName(prototype, marked.key),
        source: marked.source,
        patterns: marked.patterns,
        options: marked.options,
        ...dtoReader(marked),
        invoke: (event, context) => this.invoker.invoke(candidate, marked.key, event, context),
      },
      prototype,
      key: marked.key,
      instance,
      module: host.name,
    }));
  }

  private marksOf(prototype: object): readonly DecoratedMethod[] {
    let marks = this.marks.get(prototype);
    if (!marks) this.marks.set(prototype, (marks = decoratedMethods(prototype)));
    return marks;
  }
}

/** Of what a module makes, and of the classes that it makes something else for. */
function prototypesIn(module: Module): readonly object[] {
  const made = candidatesOf(module).flatMap((candidate) =>
    candidate === undefined || candidate === 'pending' ? [] : [candidate.prototype],
  );
  const tokens = [...module.providers.keys(), ...module.controllers.keys()].flatMap((token) =>
    typeof token === 'function' ? [token.prototype as object | undefined] : [],
  );
  return [...made, ...tokens.filter((prototype) => prototype !== undefined)];
}

function dtoReader({ field, options: { dto } }: DecoratedMethod) {
  return dto && { withDto: (event: object) => withDto(event, field, dto) };
}

function defaultName(prototype: object, key: string | symbol): string {
  if (classOf(prototype)?.name) return methodPlace(prototype, key);
  throw new EventHandlerError(
    `A class without a name has the event handler \`${String(key)}\`; its name is kept with every event ` +
      'that it has done. Name the class, or give the decorator the option `name`.',
  );
}
