import type { ProblemView } from '../api.types.js';

/** Why a request of the page is not answered with what it asked for. */
export class OpsProblem extends Error {
  constructor(
    readonly status: number,
    error: string,
    /** What to do about it. */
    readonly advice?: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(error);
  }

  get view(): ProblemView {
    return { error: this.message, ...(this.advice !== undefined && { advice: this.advice }) };
  }
}

export const notFound = (what: string): OpsProblem => new OpsProblem(404, `There is no ${what}.`);

export const badRequest = (error: string, advice?: string): OpsProblem =>
  new OpsProblem(400, error, advice);
