import { closeDialog, Dialog } from '../parts/dialog.js';

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'Search among the events'],
  ['j', 'Next row'],
  ['k', 'Row before'],
  ['Enter', 'Open the row'],
  ['r', 'Replay the event, the row, or what is picked'],
  ['?', 'This list'],
];

export const keysDialog = () => (
  <Dialog title="Keys">
    <dl class="keys">
      {KEYS.map(([key, meaning]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
    <div class="buttons">
      <button type="button" onClick={closeDialog}>
        Close
      </button>
    </div>
  </Dialog>
);
