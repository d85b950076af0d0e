import { cutText } from '../core/index.js';
import { withoutApiKey } from './api-key.js';
import { isRecord } from './shape.js';
import type { FailedCall } from './api.errors.js';

/** In bytes. */
const LONGEST_EXCERPT = 300;
const LONGEST_DETAILS = 4000;
/** Patterns look at no more than this of what a stranger wrote. */
const LONGEST_SEARCH = 5000;

export type ServiceWords = Pick<
  FailedCall,
  'serviceMessage' | 'serviceCode' | 'details' | 'requestId'
>;

/**
 * What an error answer says for itself, whichever form it takes (docs/contract.md#armalo-errors-and-rate-limits):
 * `{error: string}`, `{error: {message}}`, `{message}`, text, HTML or nothing.
 * @param apiKey taken out wherever the service repeats it
 */
export function readServiceWords(text: string, headers: Headers, apiKey: string): ServiceWords {
  const body = parseWithout(apiKey, text);
  const headerId = readHeader(headers, 'x-request-id', apiKey);
  if (!isRecord(body)) {
    return {
      serviceMessage: excerpt(plainText(withoutApiKey(text, apiKey))),
      requestId: excerpt(headerId),
    };
  }
  const inner = isRecord(body['error']) ? body['error'] : {};
  return {
    serviceMessage: excerpt(
      firstText(body['error'], inner['message'], body['message'], body['detail'], body['title']),
    ),
    serviceCode: excerpt(firstText(body['code'], inner['code'])),
    details: boundedDetails(body['details'] ?? inner['details']),
    requestId: excerpt(firstText(headerId, body['requestId'], body['request_id'])),
  };
}

/** A header's value, without the key. */
export function readHeader(headers: Headers, name: string, apiKey: string): string | undefined {
  const value = headers.get(name);
  return value === null ? undefined : withoutApiKey(value, apiKey);
}

/** The key is looked for in the texts and names that the JSON stands for, however it writes them. */
function parseWithout(apiKey: string, text: string): unknown {
  try {
    return JSON.parse(text, (_name, value: unknown) => {
      if (typeof value === 'string') return withoutApiKey(value, apiKey);
      if (!isRecord(value)) return value;
      const fields = Object.entries(value);
      return Object.fromEntries(
        fields.map(([name, field]) => [withoutApiKey(name, apiKey), field]),
      );
    });
  } catch {
    return undefined; // no JSON, or nested deeper than the stack
  }
}

function firstText(...candidates: unknown[]): string | undefined {
  return candidates.find((candidate): candidate is string => typeof candidate === 'string');
}

/** A gateway's HTML page: its title says most of it. */
function plainText(text: string): string {
  const start = text.slice(0, LONGEST_SEARCH);
  const title = /<title[^>]{0,200}>([^<]{1,300})/i.exec(start)?.[1];
  return title ?? start.replace(/<[^>]{0,500}>/g, ' ');
}

function excerpt(text: string | undefined): string | undefined {
  // eslint-disable-next-line no-control-regex -- a log line must stay one line
  const line = text?.replace(/[\s\u0000-\u001f\u007f]+/g, ' ').trim();
  if (!line) return undefined;
  return cutText(line, LONGEST_EXCERPT);
}

function boundedDetails(details: unknown): unknown {
  if (details === undefined || details === null) return undefined;
  let text: string;
  try {
    text = JSON.stringify(details);
  } catch {
    return undefined; // nested deeper than the stack
  }
  const cut = cutText(text, LONGEST_DETAILS);
  return cut === text ? details : cut;
}
