import { useEffect, useState } from 'preact/hooks';
import type { DryRunView } from '../../api.types.js';
import { type ApiProblem, postView } from '../client/api.client.js';
import { closeDialog, Dialog } from '../parts/dialog.js';
import { Problem } from '../parts/problem.js';

type HandlerOutcome = DryRunView['handlers'][number];

const OUTCOMES: Readonly<Record<HandlerOutcome['outcome'], string>> = {
  'would-succeed': 'would succeed',
  'would-fail': 'would fail',
  refused: 'was not run',
};

/** Lets the handlers run in a transaction that is rolled back, and shows what they would have written. */
export function DryRunDialog({ id }: { id: string }) {
  const [result, setResult] = useState<DryRunView | undefined>(undefined);
  const [problem, setProblem] = useState<ApiProblem | undefined>(undefined);
  useEffect(() => {
    postView<DryRunView>(`events/${encodeURIComponent(id)}/dry-run`).then(
      setResult,
      (error: unknown) => setProblem(error as ApiProblem),
    );
  }, []);
  return (
    <Dialog title="Dry run">
      <p>
        The handlers run in a transaction that is always rolled back: nothing of this is in the
        database.
      </p>
      <div role="status">
        {!result && !problem && <p class="note">The handlers run…</p>}
        {problem && <Problem problem={problem} />}
        {result?.problem != null && <p>{result.problem}</p>}
        {result?.handlers.map((handler) => (
          <Outcome key={handler.name} handler={handler} />
        ))}
      </div>
      <div class="buttons">
        <button type="button" onClick={closeDialog}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function Outcome({ handler }: { handler: HandlerOutcome }) {
  const { name, outcome, error, statements, statementsLeftOut } = handler;
  return (
    <section class="outcome">
      <h3>
        <code>{name}</code> <span class={outcome}>{OUTCOMES[outcome]}</span>
      </h3>
      {error !== null && <pre>{error}</pre>}
      {outcome === 'would-succeed' && statements.length === 0 && <p>It would write nothing.</p>}
      {statements.length > 0 && (
        <ol>
          {statements.map(({ sql, parameters }, index) => (
            <li key={index}>
              <pre>{sql}</pre>
              {parameters.length > 0 && (
                <ul class="note" aria-label="Parameters">
                  {parameters.map((parameter, place) => (
                    <li key={place}>
                      {place + 1}: <code>{parameter}</code>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          ))}
        </ol>
      )}
      {statementsLeftOut > 0 && <p class="note">And {statementsLeftOut} more.</p>}
    </section>
  );
}
