/** What the handlers of an event would do. */
export interface DryRunReport {
  /** Why none of them would run; null where they would. */
  readonly problem: string | null;
  readonly handlers: readonly HandlerDryRun[];
}

export interface HandlerDryRun {
  /** The handler's stable name. */
  readonly name: string;
  /** `refused`: it was not run. */
  readonly outcome: 'would-succeed' | 'would-fail' | 'refused';
  /** Why it would fail, or was not run. */
  readonly error: string | null;
  /** What it has sent through `context.manager`, in order, without what only reads. The first 200. */
  readonly statements: readonly WrittenStatement[];
  /** How many there were beyond those. */
  readonly statementsLeftOut: number;
}

export interface WrittenStatement {
  /** Cut after 4,000 bytes. */
  readonly sql: string;
  /** As texts, each cut after 500 bytes. */
  readonly parameters: readonly string[];
}
