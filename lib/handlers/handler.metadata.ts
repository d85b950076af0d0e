import 'reflect-metadata';
import { rememberDecorated } from './decorated.classes.js';
import type { HandlerOptions } from './handler.options.js';

/** A string, so that the ES module and the CommonJS copy of the package read each other's marks. */
const HANDLERS_METADATA = 'armox-armalo:handlers';

/** What one use of a decorator says. */
export interface HandlerMetadata {
  readonly source: string;
  /** Of the source's events, that a `dto` stands for. */
  readonly field: string;
  /** Names, families (`'escrow.*'`) or `'*'` for all. */
  readonly patterns: readonly string[];
  readonly options: HandlerOptions<object>;
}

/** Decorators stack: each adds to what the method already carries. */
export function addHandlerMetadata(
  target: object,
  key: string | symbol,
  metadata: HandlerMetadata,
): void {
  rememberDecorated(target, metadata.source);
  const before = ownHandlerMetadata(target, key);
  Reflect.defineMetadata(HANDLERS_METADATA, [...before, metadata], target, key);
}

/** Marks on the method of this very prototype, not on what it inherits. */
export function ownHandlerMetadata(
  prototype: object,
  key: string | symbol,
): readonly HandlerMetadata[] {
  const found: unknown = Reflect.getOwnMetadata(HANDLERS_METADATA, prototype, key);
  return (found as readonly HandlerMetadata[] | undefined) ?? [];
}
