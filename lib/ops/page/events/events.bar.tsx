import type { EventRowView, EventsCountView, FilterView, OpsAction } from '../../api.types.js';
import { queryOf } from '../client/filter.query.js';
import { useResource } from '../client/resource.js';
import { ActionButton, ReadOnlyNote } from '../parts/action.button.js';
import { events, exactly } from '../text/counts.js';
import { whyNoDiscard, whyNoReplay } from '../text/states.js';

export interface EventsBarProps {
  readonly filter: FilterView;
  readonly picked: readonly EventRowView[];
  /** To the given events; without one, to all that fit. */
  readonly onAct: (action: OpsAction, events: readonly EventRowView[]) => void;
}

/** How many events fit, and what can be done to those that are picked, or to all of them. */
export function EventsBar({ filter, picked, onAct }: EventsBarProps) {
  const { view, problem } = useResource<EventsCountView>(`events/count?${queryOf(filter)}`);
  const isPicking = picked.length > 0;
  const whyNotAll =
    Object.keys(filter).length === 0
      ? 'Choose a filter first: nothing is done to all events.'
      : undefined;
  const whyNotPicked = (why: typeof whyNoDiscard): string | undefined =>
    picked.length === 1 && picked[0] ? why(picked[0]) : undefined;
  return (
    <div class="bar">
      <p role="status" class="total">
        {isPicking
          ? `${events(exactly(picked.length))} picked`
          : total(view, problem !== undefined)}
      </p>
      <div class="buttons">
        <ActionButton
          shortcut="r"
          whyNot={isPicking ? whyNotPicked(whyNoReplay) : whyNotAll}
          onClick={() => onAct('replay', picked)}
        >
          {isPicking ? 'Replay picked' : 'Replay all that fit'}
        </ActionButton>
        <ActionButton
          kind="danger"
          whyNot={isPicking ? whyNotPicked(whyNoDiscard) : whyNotAll}
          onClick={() => onAct('discard', picked)}
        >
          {isPicking ? 'Discard picked' : 'Discard all that fit'}
        </ActionButton>
      </div>
      <ReadOnlyNote />
    </div>
  );
}

function total(view: EventsCountView | undefined, isAmiss: boolean): string {
  if (view === undefined) return isAmiss ? 'How many fit is not known' : 'Counting…';
  return view.more ? events(view) : `Exactly ${events(view)}`;
}
