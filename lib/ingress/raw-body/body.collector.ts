import type { Readable } from 'node:stream';
import { systemTimers } from '../../core/index.js';

/** What became of an upload. */
export type Upload =
  | { readonly outcome: 'complete'; readonly bytes: Buffer }
  | { readonly outcome: 'too-large' }
  | { readonly outcome: 'aborted' };

/*
 * A socket that is closed while the sender still writes is reset, and the sender sees the reset in
 * place of the 413. So what is too much is thrown away for a while before the answer; a sender that
 * never ends, or never stops, is answered all the same.
 */
const LINGER_MS = 500;
const LINGER_BYTES = 16 * 1024 * 1024;

/**
 * Reads a stream to its end, keeping at most `limit` bytes in memory. Never rejects.
 * @param declared the sender's Content-Length, NaN where there is none
 */
export function collectBody(stream: Readable, limit: number, declared: number): Promise<Upload> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let size = 0;
    let endLingering: (() => void) | undefined;

    const settle = (upload: Upload): void => {
      endLingering?.();
      chunks = [];
      stream.off('data', take).off('end', end).off('close', abort);
      // The error listener stays: a reset that comes later must not become an uncaught error.
      stream.resume();
      resolve(upload);
    };
    const overflow = (): void => {
      chunks = [];
      endLingering ??= systemTimers.after(LINGER_MS, () => settle({ outcome: 'too-large' }));
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limit && endLingering === undefined) chunks.push(chunk);
      else if (size <= limit + LINGER_BYTES) overflow();
      else settle({ outcome: 'too-large' });
    };
    const end = (): void => {
      if (endLingering) return settle({ outcome: 'too-large' });
      const bytes = joined(chunks, size);
      // The listeners live as long as the request, and must not keep the body a second time.
      chunks = [];
      stream.off('close', abort);
      resolve({ outcome: 'complete', bytes });
    };
    const abort = (): void => settle({ outcome: 'aborted' });

    stream.on('error', abort).on('close', abort).on('end', end);
    if (stream.destroyed) return abort();
    if (declared > limit) overflow();
    stream.on('data', take);
  });
}

/** A body of one chunk, as most are, is that chunk: it has its bytes for itself. */
const joined = (chunks: readonly Buffer[], size: number): Buffer =>
  chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);

/** Throws a stream away, for as long as it takes before its sender can be answered. Never rejects. */
export async function discardBody(stream: Readable): Promise<void> {
  if (!stream.readableEnded) await collectBody(stream, 0, Infinity);
}
