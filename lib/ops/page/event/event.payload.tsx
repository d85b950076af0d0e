import type { EventView } from '../../api.types.js';
import { bytes } from '../text/counts.js';

export function EventPayload({ event: { payload, payloadBytes } }: { event: EventView }) {
  return (
    <section class="card">
      <h2>Payload {payloadBytes !== null && <small>{bytes(payloadBytes)}</small>}</h2>
      {payload === null ? (
        <p class="note">It is gone: its retention is over.</p>
      ) : (
        <pre tabIndex={0}>{payload}</pre>
      )}
    </section>
  );
}
