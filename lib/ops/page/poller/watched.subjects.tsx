import type { WatchedView } from '../../api.types.js';
import { useLiveReload, useResource } from '../client/resource.js';
import { FromNow } from '../parts/instant.js';
import { Known } from '../parts/known.js';
import { number } from '../text/counts.js';

type Feed = WatchedView['feeds'][number];

/** Jobs, agents and escrows that the poller asks for one by one. @param isProblemTold that nothing can be read now */
export function WatchedSubjects({ isProblemTold }: { isProblemTold: boolean }) {
  const watched = useResource<WatchedView>('poller/watched');
  useLiveReload(watched);
  return (
    <Known resource={isProblemTold ? { ...watched, problem: undefined } : watched}>
      {({ feeds }) =>
        feeds.map((feed) => <OfFeed key={`${feed.account} ${feed.feed}`} feed={feed} />)
      }
    </Known>
  );
}

function OfFeed({ feed: { feed, account, subjects, more } }: { feed: Feed }) {
  const name = account === '' || account === 'default' ? feed : `${feed}, ${account}`;
  return (
    <section class="watched">
      <h2>
        {name} <small>{countText(subjects.length, more)}</small>
      </h2>
      {subjects.length > 0 && (
        <div class="scrolling" role="region" tabIndex={0} aria-label={`What ${name} watches`}>
          <table class="stacked">
            <caption class="unseen">What {name} watches, the next first</caption>
            <thead>
              <tr>
                <th scope="col">Id</th>
                <th scope="col">Last known</th>
                <th scope="col">Next look</th>
                <th scope="col" class="number">
                  Not found
                </th>
              </tr>
            </thead>
            <tbody>
              {subjects.map(({ id, state, dueAt, misses }) => (
                <tr key={id}>
                  <th scope="row">
                    <code>{id}</code>
                  </th>
                  <td>{state ?? 'nothing yet'}</td>
                  <td>
                    <FromNow at={dueAt} />
                  </td>
                  <td class="number">{misses > 0 && timesText(misses)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const countText = (count: number, more: boolean): string => {
  if (count === 0) return 'watches nothing now';
  return `watches ${number(count)}${more ? ' or more' : ''}, the next first`;
};

const timesText = (count: number): string => (count === 1 ? 'once' : `${number(count)} times`);
