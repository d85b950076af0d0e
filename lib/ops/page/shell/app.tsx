import { useEffect } from 'preact/hooks';
import type { SessionView } from '../../api.types.js';
import { useResource } from '../client/resource.js';
import { route } from '../client/route.js';
import { session } from '../client/session.js';
import { Announcement } from '../parts/announcement.js';
import { DialogPlace } from '../parts/dialog.js';
import { Problem } from '../parts/problem.js';
import { Header } from './header.js';
import { OutageBanner } from './outage.banner.js';
import { useGlobalShortcuts } from './global.shortcuts.js';
import { viewOf } from './views.js';

export function App() {
  const { view, problem } = useResource<SessionView>('session');
  useEffect(() => {
    session.value = view;
  }, [view]);
  useGlobalShortcuts();
  const { view: name, id, query } = route.value;
  const View = viewOf(name, id);
  return (
    <>
      <Header current={name} />
      <OutageBanner />
      <main>
        {problem && <Problem problem={problem} />}
        {session.value && <View key={`${name}/${id ?? ''}`} id={id ?? ''} query={query} />}
      </main>
      <Footer />
      <Announcement />
      <DialogPlace />
    </>
  );
}

function Footer() {
  const { user, role, version, release } = session.value ?? {};
  return (
    <footer>
      <p>
        Times are UTC, by the database’s clock. <kbd>?</kbd> shows the keys.
        {user !== undefined && ` You are ${user}, role “${role}”.`}
        {version !== undefined && ` nestjs-armox-armalo ${version}.`}
        {typeof release === 'string' && ` Application ${release}.`}
      </p>
    </footer>
  );
}
