// The load comes from a process of its own: it signs all bodies, then posts each of them once.
import autocannon from 'autocannon';
import { quantile } from '../measure.js';
import { signedPactViolated } from '../samples.js';

export interface LoadOrder {
  readonly url: string;
  readonly requests: number;
  readonly connections: number;
  /** Number of the first event. */
  readonly from: number;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly refused: number;
}

async function carryOut({ url, requests, connections, from }: LoadOrder): Promise<LoadResult> {
  const signed = Array.from({ length: requests }, (_, index) => signedPactViolated(from + index));
  let next = 0;
  const setupRequest = (request: autocannon.Request): autocannon.Request => {
    // autocannon prepares a request more than it sends.
    const { method, headers, body } = signed[next++ % requests] as (typeof signed)[number];
    return { ...request, method, headers, body };
  };
  const began = performance.now();
  let ended = began;
  // autocannon's histogram counts in whole milliseconds.
  const waits: number[] = [];
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const load = autocannon(
      {
        url: `${url}/webhooks/armalo`,
        connections,
        amount: requests,
        requests: [{ setupRequest }],
      },
      (error: unknown, found) =>
        error ? reject(new Error('The load failed.', { cause: error })) : resolve(found),
    );
    // It looks once a second whether it is done, so its own duration is too coarse.
    load.on('response', (_client, _status, _bytes, time) => {
      ended = performance.now();
      waits.push(time);
    });
  });
  return {
    perSecond: (requests / (ended - began)) * 1000,
    p50: quantile(waits, 0.5),
    p99: quantile(waits, 0.99),
    refused: requests - result['2xx'],
  };
}

process.on('message', (order: LoadOrder) => {
  void carryOut(order).then((result) => process.send?.(result));
});
