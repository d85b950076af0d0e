// Senders of large bodies that are answered whatever there is to answer, for as long as the order says.
import autocannon from 'autocannon';
import { armaloRequest } from 'nestjs-armox-armalo/testing';
import { pactViolated, SECRET } from '../samples.js';

export interface StalledLoadOrder {
  readonly url: string;
  readonly connections: number;
  /** Bytes of each body. */
  readonly size: number;
  /** Seconds. */
  readonly duration: number;
}

export interface StalledLoadResult {
  /** Number of answers by their status. */
  readonly answers: Readonly<Record<string, number>>;
  /** Requests without one. */
  readonly unanswered: number;
}

async function carryOut(order: StalledLoadOrder): Promise<StalledLoadResult> {
  const { url, connections, size, duration } = order;
  const signed = Array.from({ length: connections }, (_, number) =>
    armaloRequest({ ...pactViolated(number), note: 'x'.repeat(size) }, SECRET),
  );
  let next = 0;
  const result = await autocannon({
    url: `${url}/webhooks/armalo`,
    connections,
    duration,
    timeout: 60,
    requests: [
      {
        setupRequest: (request) => {
          const { method, headers, body } = signed[next++ % connections] as (typeof signed)[number];
          return { ...request, method, headers, body };
        },
      },
    ],
  });
  const statuses = Object.entries(result.statusCodeStats ?? {});
  return {
    answers: Object.fromEntries(statuses.map(([status, { count = 0 }]) => [status, count])),
    unanswered: result.errors,
  };
}

process.on('message', (order: StalledLoadOrder) => {
  void carryOut(order).then((result) => process.send?.(result));
});
