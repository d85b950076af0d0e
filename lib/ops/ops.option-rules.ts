import { isListOf, isObject, isText, rule, type RulesOf } from '../core/index.js';
import type { OpsLogin, OpsOptions } from './ops.options.js';

export const DEFAULT_OPS_PATH = 'ops';
const SHORTEST_PASSWORD = 12;

/** What may be written for each option of `ops`. */
export const OPS_RULES = {
  access: rule<OpsOptions['access'] | undefined>(
    `a list of { name, password, role }, with passwords of at least ${SHORTEST_PASSWORD} characters, no two of the ` +
      "same name, and the role 'view' or 'operate'; or a function that tells who sends a request",
    (value) => typeof value === 'function' || isLogins(value),
    undefined,
  ),
  path: rule(
    'a path such as ops or internal/ops: letters, digits, dots, dashes and underscores between slashes',
    (value) => typeof value === 'string' && /^\/?[\w.-]+(\/[\w.-]+)*\/?$/.test(value),
    DEFAULT_OPS_PATH,
  ),
  mask: rule<readonly string[]>('a list of names of fields', isListOf(isText), []),
} satisfies RulesOf<OpsOptions>;

function isLogins(value: unknown): value is readonly OpsLogin[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isLogin)) return false;
  return new Set(value.map(({ name }) => name)).size === value.length;
}

function isLogin(value: unknown): value is OpsLogin {
  if (!isObject(value)) return false;
  const { name, password, role } = value as Partial<Record<keyof OpsLogin, unknown>>;
  return (
    typeof name === 'string' &&
    name !== '' &&
    // HTTP Basic separates name and password by the first one.
    !name.includes(':') &&
    typeof password === 'string' &&
    password.length >= SHORTEST_PASSWORD &&
    (role === 'view' || role === 'operate')
  );
}
