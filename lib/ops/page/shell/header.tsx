import { overview } from '../client/live.overview.js';
import { hrefTo } from '../client/route.js';
import { session } from '../client/session.js';
import { LiveControl } from './live.control.js';
import { VIEWS } from './views.js';

export function Header({ current }: { current: string }) {
  const attention = overview.value?.attention.length ?? 0;
  return (
    <header>
      <button
        type="button"
        class="skip"
        onClick={() => document.querySelector<HTMLElement>('h1')?.focus()}
      >
        Skip to the content
      </button>
      <p class="brand">Webhook operations</p>
      <nav aria-label="Views">
        <ul>
          {VIEWS.map(({ name, title }) => (
            <li key={name}>
              <a href={hrefTo(name)} aria-current={name === current ? 'page' : undefined}>
                {title}
                {name === 'overview' && attention > 0 && (
                  <span class="pill">
                    {attention}
                    <span class="unseen"> need attention</span>
                  </span>
                )}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <LiveControl />
      {session.value && (
        <p class="user wide">
          {session.value.user} <small>{session.value.role}</small>
        </p>
      )}
    </header>
  );
}
