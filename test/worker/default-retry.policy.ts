import { readOptions } from '../../lib/core/index.js';
import { RETRY_RULES, type HandlerRetryPolicy } from '../../lib/handlers/index.js';

/** What handlers get whose application says nothing about retries. */
export const defaultRetryPolicy: HandlerRetryPolicy = readOptions(RETRY_RULES, {});
