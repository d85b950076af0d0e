import type { ArmoxOutput } from './job.dto.js';

const HTTP_URL = /^https?:\/\//i;

/**
 * The http(s) URLs in a job's output, each once, in the order they stand: flat keys, lists, and an
 * app's `node_outputs` alike. Fetch them with size and time limits; their host is not fixed.
 */
export function armoxOutputUrls(output: ArmoxOutput | null | undefined): string[] {
  const urls = new Set<string>();
  // An explicit list of what is left, since a hostile output may be nested deeper than the stack.
  const left: unknown[] = [output];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === 'string' && HTTP_URL.test(value)) urls.add(value);
    else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value).reverse()) left.push(inner);
    }
  }
  return [...urls];
}
