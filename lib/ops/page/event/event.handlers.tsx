import type { HandlerView } from '../../api.types.js';

const STATES: Readonly<Record<HandlerView['state'], string>> = {
  done: 'has succeeded',
  open: 'has not succeeded yet',
  absent: 'has succeeded; this process has none of that name',
};

export function EventHandlers({ handlers }: { handlers: readonly HandlerView[] }) {
  return (
    <section class="card">
      <h2>Handlers</h2>
      {handlers.length === 0 && <p class="note">There is none for it.</p>}
      <ul class="lines">
        {handlers.map(({ name, state, transactional }) => (
          <li key={name}>
            <code>{name}</code>
            <small>
              {STATES[state]}
              {transactional && ', transactional'}
            </small>
          </li>
        ))}
      </ul>
    </section>
  );
}
