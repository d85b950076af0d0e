import type { EventView } from '../../api.types.js';
import { eventHref } from '../client/route.js';
import { lineDiff, type DiffLine } from '../text/line.diff.js';

/** Equal lines that are shown around different ones. */
const AROUND = 3;

/** How the payload differs from that of the last event of the same name that succeeded. */
export function EventComparison({ event: { payload, lastDone } }: { event: EventView }) {
  if (payload === null || lastDone === null || lastDone.payload === null) return null;
  const lines = lineDiff(lastDone.payload, payload);
  const isSame = lines.every(({ kind }) => kind === 'same');
  return (
    <section class="card">
      <h2>Compared with the last that succeeded</h2>
      <p class="note">
        <span class="removed">−</span> only in{' '}
        <a href={eventHref(lastDone.id)}>event {lastDone.id}</a>, which succeeded;{' '}
        <span class="added">+</span> only in this one.
      </p>
      {isSame ? (
        <p>They have the same payload.</p>
      ) : (
        <pre class="diff" tabIndex={0}>
          {shortened(lines).map((line, index) =>
            typeof line === 'number' ? (
              <span key={index} class="left-out">
                {`  … ${line} equal ${line === 1 ? 'line' : 'lines'} …\n`}
              </span>
            ) : (
              <Line key={index} line={line} />
            ),
          )}
        </pre>
      )}
    </section>
  );
}

function Line({ line: { kind, text } }: { line: DiffLine }) {
  if (kind === 'removed') return <del>{`− ${text}\n`}</del>;
  if (kind === 'added') return <ins>{`+ ${text}\n`}</ins>;
  return <>{`  ${text}\n`}</>;
}

/** Equal lines far from different ones are told by their number. */
function shortened(lines: readonly DiffLine[]): readonly (DiffLine | number)[] {
  const near = lines.map((_, index) =>
    lines
      .slice(Math.max(0, index - AROUND), index + AROUND + 1)
      .some(({ kind }) => kind !== 'same'),
  );
  const result: (DiffLine | number)[] = [];
  for (const [index, line] of lines.entries()) {
    const last = result.at(-1);
    if (near[index]) result.push(line);
    else if (typeof last === 'number') result[result.length - 1] = last + 1;
    else result.push(1);
  }
  return result;
}
