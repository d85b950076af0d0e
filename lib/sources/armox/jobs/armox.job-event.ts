import type { JsonObject, SourceEvent, WebhookSource } from '../../../core/index.js';
import type { AnyArmoxJob } from '../api/armox.job-reader.js';

/**
 * The event of a job that the API showed, in the bytes that its webhook would have had, so that
 * `source.open` gives it the webhook's own identity.
 */
export function jobEvent(source: WebhookSource, account: string, job: AnyArmoxJob): SourceEvent {
  // What the five documented shapes call differently is under one name in `job` already.
  const {
    object: _object,
    output_data: _output,
    webhook_delivered: _delivered,
    ...sent
  } = job as JsonObject & AnyArmoxJob;
  const body = Buffer.from(JSON.stringify({ event: `job.${job.status}`, job: sent }));
  return source.open({ account, body });
}
