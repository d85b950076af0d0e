import type { HandlerRegistry } from '../handlers/index.js';
import type { OperatorStore } from '../inbox/index.js';

/** As many names as a line can carry. */
const NAMED = 10;

/** What is most likely wrong with the handlers, though the application can start. */
export function handlerWarnings(
  handlers: HandlerRegistry,
  sources: readonly string[],
): readonly string[] {
  const unprovided = handlers.unprovided(sources);
  const minified = handlers
    .all()
    .filter(({ name, options }) => options.name === undefined && looksMinified(name));
  return [
    ...(unprovided.length === 0
      ? []
      : [
          `No module has ${listed(unprovided)} in its \`providers\` or \`controllers\`, so the handlers there ` +
            'never run. Add the class to the `providers` of a module (one that is loaded lazily may still bring it).',
        ]),
    ...(minified.length === 0
      ? []
      : [
          `The class names of these handlers look minified: ${listed(minified.map(({ name }) => name))}. An event ` +
            'remembers by these names what has been done, and the next build may change them: give the ' +
            'decorators the option `name`, or let the build keep class names.',
        ]),
  ];
}

/** One line for each source that has dead events. */
export async function deadEventWarnings(store: OperatorStore): Promise<readonly string[]> {
  const counts = await store.counts();
  return counts
    .filter(({ state, count }) => state === 'dead' && count > 0)
    .map(
      ({ source, count }) =>
        `${source}: ${count} dead event${count === 1 ? '' : 's'} in the inbox, which nothing runs again by itself. ` +
        "`InboxAdmin.list({ state: 'dead' })` shows them with their errors; `replay({ id })` runs one again.",
    );
}

/** Minifiers give classes names of one or two characters. */
const looksMinified = (handler: string): boolean => /^[\w$]{1,2}\./.test(handler);

function listed(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
