import type { ApiProblem } from '../client/api.client.js';

export function Problem({ problem, hint }: { problem: ApiProblem; hint?: string | undefined }) {
  return (
    <div class="problem" role="alert">
      <strong>{problem.message}</strong>
      {problem.advice !== undefined && <p>{problem.advice}</p>}
      {hint !== undefined && <p>{hint}</p>}
    </div>
  );
}
