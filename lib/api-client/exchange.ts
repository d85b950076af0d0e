import type { Timers } from '../core/index.js';
import { isNeverSent } from './never-sent.js';

/** One request on the wire. */
export interface WireRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly timeout: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** What became of it. Only `unsent` is certain not to have reached the service. */
export type WireOutcome =
  | { readonly kind: 'answer'; readonly answer: WireAnswer }
  | { readonly kind: 'unsent'; readonly cause: unknown }
  | { readonly kind: 'lost'; readonly cause: unknown }
  | { readonly kind: 'aborted'; readonly reason: unknown };

export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body is longer than `maxBytes`; `text` is its beginning. */
  readonly tooLarge: boolean;
}

/** Sends it once, follows no redirect, and never throws for what the network or the service does. */
export async function exchange(
  request: WireRequest,
  fetch: typeof globalThis.fetch,
  timers: Timers,
): Promise<WireOutcome> {
  const stop = new AbortController();
  const { signal } = request;
  const abort = (): void => stop.abort(signal?.reason);
  if (signal?.aborted) return { kind: 'aborted', reason: signal.reason };
  // Not AbortSignal.any: on Node 20 it keeps memory as long as a long-lived signal lives.
  signal?.addEventListener('abort', abort, { once: true });
  const cancelLimit = timers.after(request.timeout, () =>
    stop.abort(new Error(`No whole answer within ${request.timeout} ms.`)),
  );
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: { ...request.headers },
      ...(request.body !== undefined && { body: request.body }),
      // The key must not travel to another host; fetch would drop `authorization` only.
      redirect: 'manual',
      signal: stop.signal,
    });
    const body = await readBounded(response, request.maxBytes);
    return {
      kind: 'answer',
      answer: { status: response.status, headers: response.headers, ...body },
    };
  } catch (error) {
    if (signal?.aborted) return { kind: 'aborted', reason: signal.reason };
    const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
    return isNeverSent(error) ? { kind: 'unsent', cause } : { kind: 'lost', cause };
  } finally {
    cancelLimit();
    signal?.removeEventListener('abort', abort);
  }
}

async function readBounded(
  response: Response,
  maxBytes: number,
): Promise<Pick<WireAnswer, 'text' | 'tooLarge'>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel().catch(() => undefined);
      return { text: decode(chunks), tooLarge: true };
    }
    chunks.push(value);
  }
  return { text: decode(chunks), tooLarge: false };
}

function decode(chunks: readonly Uint8Array[]): string {
  return new TextDecoder().decode(Buffer.concat(chunks));
}
