import {
  func,
  isListOf,
  isText,
  nearest,
  number,
  rule,
  secretProblem,
  type OptionRule,
  type RulesOf,
} from '../core/index.js';
import { DEFAULT_BODY_LIMIT } from '../ingress/index.js';
import type { SourceDefinition } from './source.definition.js';
import type { SourceOptions, WebhookSecret } from './source.options.js';

/** What may be written for the options of a source: those that all have, and its own. */
export function sourceOptionRules({ name, eventNames, optionRules }: SourceDefinition) {
  return {
    webhookSecret: webhookSecret(),
    bodyLimit: number<number>({
      unit: 'bytes',
      min: 1_024,
      max: 104_857_600,
      default: DEFAULT_BODY_LIMIT,
    }),
    events: expectedEvents(name, eventNames),
    orderingKey: func(),
    identify: func(),
    ...optionRules,
  } satisfies RulesOf<SourceOptions>;
}

function webhookSecret(): OptionRule<WebhookSecret | undefined> {
  return {
    default: undefined,
    problem: (value) => {
      if (typeof value === 'function') return undefined;
      if (Array.isArray(value) && value.length === 0) {
        return 'the list is empty; write at least one secret.';
      }
      return [value]
        .flat()
        .map(secretProblem)
        .find((problem) => problem !== undefined);
    },
  };
}

/** A name that the service does not document may be one that it sends from tomorrow on; a slip is none. */
function expectedEvents(source: string, documented: readonly string[]) {
  const texts = rule<readonly string[]>('a list of event names', isListOf(isText), []);
  const slipIn = (names: readonly string[]): string | undefined => {
    const slip = names.find((name) => !documented.includes(name) && nearest(name, documented));
    if (slip === undefined) return undefined;
    return `"${slip}" is no event of ${source}. Did you mean "${nearest(slip, documented)}"?`;
  };
  return {
    default: texts.default,
    problem: (value: unknown) => texts.problem(value) ?? slipIn(value as readonly string[]),
  };
}
