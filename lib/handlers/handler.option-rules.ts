import {
  group,
  number,
  rule,
  type OptionRule,
  type OptionRules,
  type RulesOf,
} from '../core/index.js';
import type { HandlerOptions, HandlerRetryPolicy } from './handler.options.js';

const DAY = 86_400_000;

/** As long as the column is that keeps a handler's name. */
const LONGEST_NAME = 255;

/** When a failed handler is tried again: 70 hours in all, since after our 2xx the sender will not. */
export const RETRY_RULES = {
  attempts: number({ unit: 'attempts', min: 1, max: 1_000, default: 20 }),
  delay: number({ unit: 'milliseconds', min: 0, max: DAY, default: 5_000 }),
  factor: number({ whole: false, min: 1, max: 100, default: 3 }),
  maxDelay: number({ unit: 'milliseconds', min: 0, max: 30 * DAY, default: 21_600_000 }),
  jitter: number({ whole: false, min: 0, max: 1, default: 0.15 }),
} satisfies RulesOf<HandlerRetryPolicy> & {
  [Part in keyof HandlerRetryPolicy]: OptionRule<number>;
};

export const HANDLER_RULES = {
  name: rule(
    `a text of 1 to ${LONGEST_NAME} characters`,
    (value) => typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME,
    undefined,
  ),
  transactional: rule(
    "true, false or 'grouped'",
    (value) => typeof value === 'boolean' || value === 'grouped',
    false,
  ),
  timeout: number({ unit: 'milliseconds', min: 100, max: DAY, default: 60_000 }),
  retry: group('always', RETRY_RULES),
  dto: rule('a class with the decorators of class-validator', isClass, undefined),
  stale: rule("'skip'", (value) => value === 'skip', undefined),
} satisfies RulesOf<HandlerOptions> & OptionRules;

function isClass(value: unknown): boolean {
  return typeof value === 'function' && typeof value.prototype === 'object';
}
