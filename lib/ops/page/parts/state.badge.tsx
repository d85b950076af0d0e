import type { EventStateView } from '../../api.types.js';
import { STATE_NAMES } from '../text/states.js';
import { Icon } from './icon.js';

export function StateBadge({ state }: { state: EventStateView }) {
  return (
    <span class={`badge ${state}`}>
      <Icon shape={state} />
      {STATE_NAMES[state]}
    </span>
  );
}
