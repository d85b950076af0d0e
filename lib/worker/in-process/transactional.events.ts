import type { WebhookSource } from '../../core/index.js';
import type { HandlerRegistry } from '../../handlers/index.js';
import type { ClaimException } from '../../inbox/index.js';

/**
 * The events that have a handler with this value of `transactional`: for each source their names, those that it
 * documents or a handler gives in full; without names where a handler for all of the source's events has it.
 */
export function transactionalEvents(
  registry: Pick<HandlerRegistry, 'all' | 'handlersFor'>,
  sources: readonly Pick<WebhookSource, 'name' | 'eventNames'>[],
  value: true | 'grouped',
): readonly ClaimException[] {
  const transactional = registry.all().filter(({ options }) => options.transactional === value);
  return sources.flatMap(({ name: source, eventNames }) => {
    const patterns = transactional
      .filter((handler) => handler.source === source)
      .flatMap((handler) => handler.patterns);
    if (patterns.length === 0) return [];
    if (patterns.includes('*')) return [{ source }];
    const names = new Set([...eventNames, ...patterns.filter((pattern) => !pattern.endsWith('*'))]);
    return [
      {
        source,
        names: [...names].filter((name) => isTransactional(registry, source, name, value)),
      },
    ];
  });
}

function isTransactional(
  registry: Pick<HandlerRegistry, 'handlersFor'>,
  source: string,
  name: string,
  value: true | 'grouped',
): boolean {
  return registry.handlersFor(source, name).some(({ options }) => options.transactional === value);
}
