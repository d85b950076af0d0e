import { useEffect, useRef } from 'preact/hooks';
import type { FilterView } from '../../api.types.js';
import { FILTER_NAMES, queryOf, type FilterName } from '../client/filter.query.js';
import { go, hrefTo } from '../client/route.js';
import { serverNow } from '../client/server.time.js';
import { session } from '../client/session.js';
import { REASONS, STATE_NAMES, STATES } from '../text/states.js';
import { ChoiceField, TextField, TimeField, type Choice } from './filter.fields.js';
import { useSearchField } from './search.field.js';
import { fieldText, filterFromFields } from './filter.form.js';

/** Those that stand in the second line, which opens when one of them is set. */
const FURTHER: readonly FilterName[] = [
  'account',
  'name',
  'reason',
  'handler',
  'fingerprint',
  'receivedSince',
  'receivedBefore',
];
const HOUR = 3_600_000;
const SINCE: readonly Choice[] = [
  ['0.25', 'last 15 minutes'],
  ['1', 'last hour'],
  ['24', 'last 24 hours'],
  ['168', 'last 7 days'],
];

/** The conditions, as fields. What is chosen goes to the URL, and comes back from there. */
export function FilterBar({ filter }: { filter: FilterView }) {
  const form = useRef<HTMLFormElement>(null);
  const search = useSearchField();
  const key = queryOf(filter).toString();
  useEffect(() => {
    for (const name of FILTER_NAMES) {
      const field = form.current?.elements.namedItem(name);
      if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) {
        field.value = fieldText(filter[name]);
      }
    }
  }, [key]);
  const apply = (): void => {
    const given = filterFromFields(new FormData(form.current as HTMLFormElement));
    go(hrefTo('events', queryOf(given)));
  };
  const since = ({ currentTarget }: { currentTarget: HTMLSelectElement }): void => {
    const hours = Number(currentTarget.value);
    currentTarget.value = '';
    const { receivedSince: _since, receivedBefore: _before, ...others } = filter;
    const receivedSince = Math.floor(serverNow.peek() / 1_000) * 1_000 - hours * HOUR;
    go(hrefTo('events', queryOf({ ...others, receivedSince })));
  };
  const { sources = [], handlers = [] } = session.value ?? {};
  const further = FURTHER.filter((name) => filter[name] !== undefined).length;
  return (
    <form
      ref={form}
      class="filter"
      role="search"
      aria-label="Events"
      onChange={apply}
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <div class="fields">
        <label class="search">
          <span class="unseen">Id contains</span>
          <input
            ref={search}
            type="search"
            name="text"
            placeholder="Search in ids"
            aria-keyshortcuts="/"
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        <ChoiceField name="state" choices={STATES.map((state) => [state, STATE_NAMES[state]])} />
        <ChoiceField name="source" choices={sources.map((source) => [source, source])} />
        <label>
          <span>received</span>
          <select
            onChange={(event) => {
              event.stopPropagation();
              since(event);
            }}
          >
            <option value="">{timeText(filter)}</option>
            {SINCE.map(([hours, text]) => (
              <option key={hours} value={hours}>
                {text}
              </option>
            ))}
          </select>
        </label>
        {key !== '' && (
          <a class="button" href={hrefTo('events')}>
            Clear
          </a>
        )}
      </div>
      <details open={further > 0}>
        <summary>More conditions{further > 0 && ` (${further})`}</summary>
        <div class="fields">
          <TextField name="name" placeholder="pact.violated" />
          <TextField name="account" />
          <ChoiceField name="reason" choices={Object.entries(REASONS)} />
          <ChoiceField name="handler" choices={handlers.map((handler) => [handler, handler])} />
          <TextField name="fingerprint" />
          <TimeField name="receivedSince" />
          <TimeField name="receivedBefore" />
        </div>
      </details>
    </form>
  );
}

const timeText = ({ receivedSince, receivedBefore }: FilterView): string =>
  receivedSince === undefined && receivedBefore === undefined ? 'any time' : 'as below';
