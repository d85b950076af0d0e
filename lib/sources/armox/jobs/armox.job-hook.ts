import { isJsonObject, isPlainText, type SourceEvent } from '../../../core/index.js';
import type { InsertHook, InboxDatabase } from '../../../inbox/index.js';
import { JobStore, storableStatus, type JobChange } from './job.store.js';

const NOTHING: ReadonlySet<string> = new Set();

/** Keeps the table of jobs in step with the inbox, by whichever way and on whichever replica an event came. */
export function armoxJobHook(parts: InboxDatabase): InsertHook {
  const store = new JobStore(parts);
  return {
    source: 'armox',
    concerns: (event) => jobOf(event) !== undefined,
    *afterInsert(stored) {
      const news = stored.flatMap(({ event, rowId }): JobChange[] => {
        const job = jobOf(event);
        return job ? [{ ...job, account: event.account, inboxId: rowId }] : [];
      });
      if (news.length > 0) yield* store.record(news);
      return NOTHING;
    },
  };
}

function jobOf({ payload }: SourceEvent): { jobId: string; status: string } | undefined {
  const job = isJsonObject(payload) ? payload['job'] : undefined;
  if (!isJsonObject(job)) return undefined;
  const { id, status } = job;
  if (!isPlainText(id, 200) || !isPlainText(status, 200)) return undefined;
  return { jobId: id, status: storableStatus(status) };
}
