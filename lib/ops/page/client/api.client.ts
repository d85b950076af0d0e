import type { ProblemView } from '../../api.types.js';

/** Why the API has not answered with what was asked for. */
export class ApiProblem extends Error {
  constructor(
    /** Of HTTP; 0 where nothing answered. */
    readonly status: number,
    { error, advice }: ProblemView,
  ) {
    super(error);
    this.advice = advice;
  }

  /** What to do about it. */
  readonly advice: string | undefined;

  /** Whether the same request may well be answered later. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Below wherever the page is. Credentials in the page's own URL are none of its requests'. */
export function apiUrl(path: string): string {
  const url = new URL(`api/${path}`, document.baseURI);
  url.username = '';
  url.password = '';
  return url.href;
}

/** @throws ApiProblem */
export const getView = <View>(path: string, signal?: AbortSignal): Promise<View> =>
  answerOf<View>(path, { signal: signal ?? null });

/** @throws ApiProblem */
export const postView = <View>(path: string, body: object = {}): Promise<View> =>
  answerOf<View>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function answerOf<View>(path: string, init: RequestInit): Promise<View> {
  const response = await fetch(apiUrl(path), init).catch((error: unknown) => {
    throw init.signal?.aborted ? error : unanswered();
  });
  const view: unknown = await response.json().catch(() => undefined);
  if (response.ok && view !== undefined) return view as View;
  throw new ApiProblem(response.status, isProblem(view) ? view : strange(response.status));
}

const isProblem = (view: unknown): view is ProblemView =>
  typeof view === 'object' && view !== null && typeof (view as ProblemView).error === 'string';

const unanswered = (): ApiProblem =>
  new ApiProblem(0, {
    error: 'The application does not answer.',
    advice: 'Look whether it runs, and whether this machine reaches it.',
  });

const strange = (status: number): ProblemView => ({
  error: `The answer was not the operations API's (status ${status}).`,
  advice: 'Something between this page and the application has answered; reload the page.',
});
