import type { PollerView } from '../../api.types.js';
import { FromNow } from '../parts/instant.js';
import { number } from '../text/counts.js';

type Feed = PollerView['feeds'][number];

const OUTCOMES: Readonly<Record<Feed['outcome'], string>> = {
  done: 'Done',
  failed: 'Failed',
  'rate-limited': 'Asked too often',
  paused: 'Paused',
  'not-yet': 'Not yet looked at',
  elsewhere: 'Looked at by another process',
};

export function FeedTable({ feeds }: { feeds: PollerView['feeds'] }) {
  if (feeds.length === 0) return <p class="empty">There is no feed to look at.</p>;
  return (
    <div class="scrolling" role="region" tabIndex={0} aria-label="Feeds">
      <table class="stacked">
        <caption class="unseen">Feeds that the poller looks at</caption>
        <thead>
          <tr>
            <th scope="col">Feed</th>
            <th scope="col">Service</th>
            <th scope="col">Last round</th>
            <th scope="col">Outcome</th>
            <th scope="col" class="number">
              Found
            </th>
            <th scope="col" class="number">
              Repaired
            </th>
          </tr>
        </thead>
        <tbody>
          {feeds.map(({ feed, source, account, lastAt, outcome, found, repaired }) => (
            <tr key={`${source} ${account} ${feed}`}>
              <th scope="row">{feed}</th>
              <td>
                {source}
                {account !== '' && <small>{account}</small>}
              </td>
              <td>{lastAt === null ? 'none' : <FromNow at={lastAt} />}</td>
              <td>
                <span class={`badge ${outcome === 'failed' ? 'dead' : outcome}`}>
                  {OUTCOMES[outcome]}
                </span>
              </td>
              <td class="number">
                {number(found)} <small class="narrow">found</small>
              </td>
              <td class="number">
                {number(repaired)} <small class="narrow">repaired</small>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
