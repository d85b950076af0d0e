import { Scope } from '@nestjs/common';
import { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';

/** A provider or controller that may have handlers. */
export interface Candidate {
  readonly wrapper: InstanceWrapper;
  readonly host: Module;
  /** `host.providers` or `host.controllers`: where Nest's injector looks the wrapper up. */
  readonly collection: Map<unknown, InstanceWrapper>;
  readonly prototype: object;
  /** Absent: made afresh for every event (request-scoped, transient, or depending on such). */
  readonly instance?: object;
}

/** `pending`: not made yet, look again. Undefined: nothing in it that could have handlers. */
export type Candidacy = Candidate | 'pending' | undefined;

export function candidatesOf(host: Module): readonly Candidacy[] {
  const collections = [host.providers, host.controllers] as Map<unknown, InstanceWrapper>[];
  return collections.flatMap((collection) =>
    [...collection.values()].map((wrapper) => candidacy(wrapper, host, collection)),
  );
}

function candidacy(
  wrapper: InstanceWrapper,
  host: Module,
  collection: Map<unknown, InstanceWrapper>,
): Candidacy {
  // `useExisting`: what it stands for is found where it is provided.
  if (wrapper.isAlias) return undefined;
  if (wrapper.scope === Scope.TRANSIENT || isRequestScoped(wrapper)) {
    const prototype = classPrototype(wrapper);
    // A request-scoped factory makes what it makes at each request; its class cannot be known before.
    return prototype && { wrapper, host, collection, prototype };
  }
  const made = wrapper.getInstanceByContextId(STATIC_CONTEXT);
  if (!made.isResolved) return 'pending';
  const instance: unknown = made.instance;
  if (typeof instance !== 'object' || instance === null) return undefined;
  const prototype = Object.getPrototypeOf(instance) as object | null;
  return prototype ? { wrapper, host, collection, prototype, instance } : undefined;
}

function classPrototype(wrapper: InstanceWrapper): object | undefined {
  const { metatype } = wrapper;
  if (typeof metatype !== 'function' || wrapper.inject) return undefined;
  return (metatype.prototype as object | undefined) ?? undefined;
}

/**
 * What `wrapper.isDependencyTreeStatic()` answers, without its memory: asked while a lazy module is
 * still being wired, Nest 11 would remember an answer given too early.
 */
function isRequestScoped(wrapper: InstanceWrapper, seen = new Set<InstanceWrapper>()): boolean {
  if (wrapper.scope === Scope.REQUEST) return true;
  if (seen.has(wrapper)) return false;
  seen.add(wrapper);
  const needs = [
    ...(wrapper.getCtorMetadata() ?? []),
    ...(wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper),
    ...(wrapper.getEnhancersMetadata() ?? []),
  ];
  // The list has holes while Nest is still finding the dependencies.
  return needs.some((need) => need !== undefined && isRequestScoped(need, seen));
}
