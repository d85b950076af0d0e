import type { WebhookSource } from '../../core/index.js';
import type { HandlerRegistry } from '../../handlers/index.js';
import type { ClaimException } from '../../inbox/index.js';

/**
 * The events that have a transactional handler: for each source their names, those that it documents or a
 * handler gives in full; without names where a handler for all of the source's events is transactional.
 */
export function transactionalEvents(
  registry: Pick<HandlerRegistry, 'all' | 'handlersFor'>,
  sources: readonly Pick<WebhookSource, 'name' | 'eventNames'>[],
): readonly ClaimException[] {
  const transactional = registry.all().filter(({ options }) => options.transactional);
  return sources.flatMap(({ name: source, eventNames }) => {
    const patterns = transactional
      .filter((handler) => handler.source === source)
      .flatMap((handler) => handler.patterns);
    if (patterns.length === 0) return [];
    if (patterns.includes('*')) return [{ source }];
    const names = new Set([...eventNames, ...patterns.filter((pattern) => !pattern.endsWith('*'))]);
    return [
      { source, names: [...names].filter((name) => isTransactional(registry, source, name)) },
    ];
  });
}

function isTransactional(
  registry: Pick<HandlerRegistry, 'handlersFor'>,
  source: string,
  name: string,
): boolean {
  return registry.handlersFor(source, name).some(({ options }) => options.transactional === true);
}
