import { Injectable, Logger } from '@nestjs/common';
import {
  ArmoxArmaloConfigurationError,
  EventHandlerError,
  readOptions,
  ruledFields,
  type ArmoxArmaloError,
  type WebhookSource,
} from '../core/index.js';
import { patternMatches } from './event-pattern.js';
import { HandlerExplorer, type FoundHandler } from './handler.explorer.js';
import { methodPlace } from './decorated.methods.js';
import { HANDLER_RULES } from './handler.option-rules.js';
import type { RegisteredHandler } from './registered-handler.js';

/** Names that services really send are few; beyond this many somebody makes them up. */
const REMEMBERED_NAMES = 1_000;

/** What has to be known of a source to tell whether a handler can be run as it is declared. */
export type HandledSource = Pick<WebhookSource, 'name' | 'ordered'>;

/** Which handlers there are, and which of them an event is for. */
@Injectable()
export class HandlerRegistry {
  private readonly logger = new Logger('ArmoxArmaloHandlers');
  private readonly handlers = new Map<string, FoundHandler>();
  private readonly matches = new Map<string, readonly RegisteredHandler[]>();
  private readonly told = new Set<string>();
  private sources: ReadonlyMap<string, HandledSource> | undefined;
  private seenModules = -1;
  private complete = false;

  constructor(private readonly explorer: HandlerExplorer) {}

  /**
   * Finds the handlers; called once when the application has been bootstrapped.
   * @param sources those that the options configure
   * @throws EventHandlerError when two handlers share a name, one cannot be called, one is for a source
   * that the options leave out, or one skips stale events of a source that does not order them
   * @throws ArmoxArmaloConfigurationError when an option of a handler is wrong or unknown
   */
  discover(sources: readonly HandledSource[]): void {
    this.sources = new Map(sources.map((source) => [source.name, source]));
    this.scan((error) => {
      throw error;
    });
  }

  all(): readonly RegisteredHandler[] {
    this.refresh();
    return [...this.handlers.values()].map((found) => found.handler);
  }

  /** In the order in which Nest lists the modules. */
  handlersFor(source: string, name: string): readonly RegisteredHandler[] {
    this.refresh();
    const key = `${source}\n${name}`;
    let matching = this.matches.get(key);
    if (!matching) {
      matching = this.all().filter(
        (handler) =>
          handler.source === source &&
          handler.patterns.some((pattern) => patternMatches(pattern, name)),
      );
      if (this.matches.size >= REMEMBERED_NAMES) this.matches.clear();
      this.matches.set(key, matching);
    }
    return matching;
  }

  /** Those of `names` for which there is no handler. */
  unhandled(source: string, names: readonly string[]): readonly string[] {
    return names.filter((name) => this.handlersFor(source, name).length === 0);
  }

  /** Names of decorated classes that no module provides, so that their handlers never run. */
  unprovided(sources: readonly string[]): readonly string[] {
    return this.explorer.unprovided(new Set(sources));
  }

  /**
   * Modules loaded lazily get no lifecycle hook (docs.nestjs.com#2276), so a change in the number of
   * modules is what tells. Whatever is wrong with their handlers must not fail the events of others:
   * it is logged, and the handler in question stays out.
   */
  private refresh(): void {
    if (this.complete && this.explorer.moduleCount === this.seenModules) return;
    this.scan((error) => {
      if (this.told.has(error.message)) return;
      this.told.add(error.message);
      this.logger.error(`${error.message} The handler is left out.`);
    });
  }

  private scan(refuse: (error: ArmoxArmaloError) => void): void {
    this.seenModules = this.explorer.moduleCount;
    const { found, complete } = this.explorer.explore();
    for (const candidate of found) this.add(candidate, refuse);
    this.complete = complete;
    this.matches.clear();
  }

  private add(found: FoundHandler, refuse: (error: ArmoxArmaloError) => void): void {
    const key = `${found.handler.source}\n${found.handler.name}`;
    const before = this.handlers.get(key);
    if (before && before.prototype === found.prototype && before.key === found.key) {
      if (before.instance !== found.instance) this.warnProvidedTwice(before, found);
      return;
    }
    const problem = before ? collision(before, found) : this.problemOf(found);
    if (problem) return refuse(problem);
    this.handlers.set(key, found);
    this.warnOfNoRules(found);
  }

  private problemOf(found: FoundHandler): ArmoxArmaloError | undefined {
    const { source, options } = found.handler;
    const wrong = wrongOption(found);
    if (wrong || !this.sources) return wrong;
    if (!this.sources.has(source)) return sourceLeftOut(found);
    return options.stale && !this.sources.get(source)?.ordered ? sourceUnordered(found) : undefined;
  }

  private warnOfNoRules({ handler, prototype, key }: FoundHandler): void {
    const { dto } = handler.options;
    if (!dto || ruledFields(dto).length > 0) return;
    this.logger.warn(
      `${dto.name}, the \`dto\` of ${methodPlace(prototype, key)}, has no decorator of class-validator, so every ` +
        'payload fits it. Give its fields rules such as `@IsString()`.',
    );
  }

  private warnProvidedTwice(before: FoundHandler, found: FoundHandler): void {
    const message =
      `${placeOf(before)} is also provided by ${found.module}. It is one handler and runs once an ` +
      `event, on the instance of ${before.module}. Provide the class in one module and export it from there.`;
    if (this.told.has(message)) return;
    this.told.add(message);
    this.logger.warn(message);
  }
}

function placeOf(found: FoundHandler): string {
  return `${methodPlace(found.prototype, found.key)} (in ${found.module})`;
}

function wrongOption({ prototype, key, handler }: FoundHandler): ArmoxArmaloError | undefined {
  if ('dto' in handler.options && handler.options.dto === undefined) {
    return new ArmoxArmaloConfigurationError(
      `${methodPlace(prototype, key)}.dto`,
      'is undefined. Files that import each other in a circle see classes that are not there yet: move the class ' +
        'to a file of its own, or leave the option out.',
    );
  }
  try {
    readOptions(HANDLER_RULES, handler.options, methodPlace(prototype, key));
    return undefined;
  } catch (error) {
    if (error instanceof ArmoxArmaloConfigurationError) return error;
    throw error;
  }
}

function collision(before: FoundHandler, found: FoundHandler): EventHandlerError {
  return new EventHandlerError(
    `Two handlers of ${found.handler.source} events are named "${found.handler.name}": ${placeOf(before)} ` +
      `and ${placeOf(found)}. The name tells which handlers an event has passed, so it must be unique: ` +
      'give the decorator of one of them the option `name`.',
  );
}

function sourceLeftOut(found: FoundHandler): EventHandlerError {
  const { source } = found.handler;
  return new EventHandlerError(
    `${placeOf(found)} handles ${source} events, but the module's options have no \`${source}\`, so it ` +
      `would never run. Give the module the option \`${source}\`, or remove the handler.`,
  );
}

function sourceUnordered(found: FoundHandler): EventHandlerError {
  const { source } = found.handler;
  return new EventHandlerError(
    `${placeOf(found)} skips stale events, but the module's options have no \`${source}.orderingKey\`, so no event ` +
      'is older than another of the same key and all would run. Give ' +
      `\`${source}\` the option \`orderingKey\`, or remove \`stale: 'skip'\` from the handler.`,
  );
}
