import type { HandlerRetryPolicy } from '../../handlers/index.js';

/** What one handler came to in one attempt. */
export type HandlerResult =
  /** `ended`: and that the event is done is committed with it. */
  | { readonly kind: 'done'; readonly ended?: true }
  | { readonly kind: 'failed'; readonly error: unknown; readonly duration: number }
  /** The event is stale, and `because` says for what newer one. The handler was not run. */
  | { readonly kind: 'skipped'; readonly because: string }
  /** The payload does not fit its `dto`: it was not run. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }
  /** Its own policy allows no further try: it was not run. */
  | { readonly kind: 'used-up' }
  /** The lease is lost, or the application shuts down: nothing may be settled. */
  | { readonly kind: 'stopped' };

export interface HandlerReport {
  readonly handler: string;
  readonly policy: HandlerRetryPolicy;
  readonly result: Exclude<HandlerResult, { kind: 'stopped' }>;
}
