import type { ComponentChildren } from 'preact';
import type { Resource } from '../client/resource.js';
import { instant } from '../text/durations.js';
import { Problem } from './problem.js';

export interface KnownProps<View> {
  readonly resource: Resource<View>;
  readonly children: (view: View) => ComponentChildren;
}

/** Shows what is known; above it, why it is nothing or nothing newer. */
export function Known<View>({ resource, children }: KnownProps<View>) {
  const { view, knownAt, problem, isLoading } = resource;
  return (
    <>
      {problem && (
        <Problem problem={problem} hint={problem.passes ? hint(view && knownAt) : undefined} />
      )}
      {view === undefined && !problem && <p class="note">Loading…</p>}
      {view !== undefined && <div aria-busy={isLoading}>{children(view)}</div>}
    </>
  );
}

const hint = (knownAt: number | undefined): string =>
  knownAt === undefined
    ? 'Trying again every 5 seconds.'
    : `What stands below is from ${instant(knownAt)}. Trying again every 5 seconds.`;
