import type { PollerView } from '../../api.types.js';
import { ApiProblem, postView } from '../client/api.client.js';
import { useLiveReload, useResource } from '../client/resource.js';
import { ActionButton, ReadOnlyNote } from '../parts/action.button.js';
import { announce } from '../parts/announcement.js';
import { Heading } from '../parts/heading.js';
import { FromNow } from '../parts/instant.js';
import { Known } from '../parts/known.js';
import { FeedTable } from './feed.table.js';
import { WatchedSubjects } from './watched.subjects.js';

/** What is asked of the services themselves, and what that has found. */
export function PollerPage() {
  const poller = useResource<PollerView>('poller');
  useLiveReload(poller);
  const pollNow = async (): Promise<void> => {
    try {
      await postView('poller/poll');
      announce('The poller looks now.');
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      announce(error.message);
    }
    poller.reload();
  };
  return (
    <>
      <Heading title="Poller" />
      <p class="lead">
        The poller asks the services what has happened, and brings what no webhook has brought.
      </p>
      <Known resource={poller}>
        {({ polls, nextPollAt, feeds }) => (
          <>
            <div class="bar">
              <p class="total">
                {!polls && 'This process does not poll.'}
                {polls && nextPollAt === null && 'It is not known when it looks next.'}
                {polls && nextPollAt !== null && (
                  <>
                    The next round: <FromNow at={nextPollAt} />.
                  </>
                )}
              </p>
              <div class="buttons">
                <ActionButton
                  whyNot={polls ? undefined : 'This process does not poll.'}
                  onClick={() => void pollNow()}
                >
                  Poll now
                </ActionButton>
              </div>
              <ReadOnlyNote />
            </div>
            <FeedTable feeds={feeds} />
            <WatchedSubjects isProblemTold={poller.problem !== undefined} />
          </>
        )}
      </Known>
    </>
  );
}
