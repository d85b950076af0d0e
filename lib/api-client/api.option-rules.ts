import { isPlainUrl, PLAIN_URL, rule, secretProblem, type RulesOf } from '../core/index.js';
import type { ApiOptions } from './client.provider.js';

export const API_OPTION_RULES = {
  apiKey: { default: undefined, problem: secretProblem },
  baseUrl: rule<string | undefined>(PLAIN_URL, isPlainUrl, undefined),
} satisfies RulesOf<ApiOptions>;
