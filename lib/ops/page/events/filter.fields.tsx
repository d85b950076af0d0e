import type { FilterName } from '../client/filter.query.js';
import { FILTER_LABELS } from '../text/filter.sentence.js';

/** What stands in the URL, and what is read. */
export type Choice = readonly [value: string, text: string];

export interface ChoiceFieldProps {
  readonly name: FilterName;
  readonly choices: readonly Choice[];
}

export function ChoiceField({ name, choices }: ChoiceFieldProps) {
  return (
    <label>
      <span>{FILTER_LABELS[name]}</span>
      <select name={name}>
        <option value="">any</option>
        {choices.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

export interface TextFieldProps {
  readonly name: FilterName;
  readonly placeholder?: string;
}

export function TextField({ name, placeholder }: TextFieldProps) {
  return (
    <label>
      <span>{FILTER_LABELS[name]}</span>
      <input
        type="text"
        name={name}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
      />
    </label>
  );
}

export function TimeField({ name }: { name: FilterName }) {
  return (
    <label>
      <span>{FILTER_LABELS[name]}, UTC</span>
      <input type="datetime-local" name={name} step={1} />
    </label>
  );
}
