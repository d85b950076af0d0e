import type { ApiCallOptions } from '../../../api-client/index.js';
import type { ArmaloEventName } from '../armalo.constants.js';
import type { PactCondition } from '../webhook/pact.dto.js';
import type { CertificationTier } from '../webhook/score.dto.js';

/*
 * Answers of Armalo's API. Ids and scores are read from every key that the documents name; all other
 * fields are kept as they came, and may be absent whatever their type says.
 */

/** What list calls return. */
export interface ArmaloList<T> {
  readonly items: readonly T[];
  /** True: there is more than the pages that were read. False is no proof that this is all. */
  readonly truncated: boolean;
  /** Epoch milliseconds of the answer by Armalo's own clock; undefined where it does not say. */
  readonly date: number | undefined;
}

export interface ArmaloListOptions extends ApiCallOptions {
  /** Entries per page, 1 to 100. Default: Armalo's. */
  readonly limit?: number | undefined;
  /** Longest number of pages, each one call. Default 10. */
  readonly maxPages?: number | undefined;
}

export interface ArmaloScore {
  readonly agentId: string;
  /** 0 to 1000; null for an agent without a score. */
  readonly compositeScore: number | null;
  readonly certificationTier: CertificationTier;
  /** 0 to 1 each; an open set. */
  readonly dimensions?: Readonly<Record<string, number>> | null;
  readonly confidence?: number | null;
  readonly totalEvals?: number | null;
  readonly passRate?: number | null;
  readonly pactComplianceRate?: number | null;
  /** ISO 8601. */
  readonly computedAt?: string | null;
  readonly [field: string]: unknown;
}

export interface ArmaloScoreHistoryEntry {
  readonly compositeScore: number | null;
  /** ISO 8601. */
  readonly createdAt?: string | null;
  readonly [field: string]: unknown;
}

export interface ScoreHistoryOptions extends ApiCallOptions {
  /** Passed on as it is; which values there are is not documented. */
  readonly period?: string | undefined;
}

export interface ArmaloEval {
  readonly id: string;
  /** `processing`, `completed`, `failed`; an open set: ask `armaloEvalEnd`. */
  readonly status?: string;
  readonly agentId?: string;
  readonly pactId?: string | null;
  readonly evalType?: string;
  readonly passed?: boolean | null;
  readonly checksTotal?: number | null;
  readonly checksPassed?: number | null;
  readonly createdAt?: string | null;
  readonly completedAt?: string | null;
  readonly [field: string]: unknown;
}

/** `POST /evals`; scope `evals:write`. */
export interface CreateEval {
  readonly agentId: string;
  readonly name: string;
  /** `custom`, `accuracy`, `safety`, `performance`, `compliance`, `pact-verification`, … */
  readonly evalType: string;
  readonly pactId?: string;
  readonly autoStart?: boolean;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface ListEvalsOptions extends ArmaloListOptions {
  readonly agentId?: string | undefined;
  readonly status?: string | undefined;
}

export interface ArmaloPact {
  readonly id: string;
  readonly agentId?: string;
  readonly name?: string;
  readonly pactType?: string;
  readonly conditions?: readonly PactCondition[];
  readonly isPublic?: boolean;
  readonly createdAt?: string | null;
  readonly [field: string]: unknown;
}

/** `POST /pacts`; scope `pacts:write`. */
export interface CreatePact {
  readonly agentId: string;
  readonly name: string;
  readonly pactType: 'unilateral' | 'bilateral';
  readonly conditions: readonly PactCondition[];
  readonly isPublic?: boolean;
  readonly [field: string]: unknown;
}

export interface ListPactsOptions extends ArmaloListOptions {
  readonly agentId?: string | undefined;
  readonly status?: string | undefined;
}

export interface ArmaloAgent {
  readonly id: string;
  readonly externalId?: string;
  readonly name?: string;
  readonly description?: string | null;
  readonly provider?: string | null;
  readonly modelFamily?: string | null;
  readonly isPublic?: boolean;
  readonly walletAddress?: string | null;
  readonly createdAt?: string | null;
  readonly [field: string]: unknown;
}

/** `POST /agents`; scope `agents:write`. */
export interface CreateAgent {
  /** Your own id of the agent. */
  readonly externalId: string;
  readonly name: string;
  readonly description?: string;
  readonly [field: string]: unknown;
}

export interface ArmaloEscrow {
  readonly id: string;
  /** An open set; the sources disagree about it. */
  readonly status?: string;
  /** A number or a decimal text, as Armalo sent it. */
  readonly amountUsdc?: number | string;
  readonly txHash?: string | null;
  readonly [field: string]: unknown;
}

export interface ListEscrowsOptions extends ArmaloListOptions {
  readonly status?: string | undefined;
}

export interface ArmaloWebhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly isActive: boolean;
  readonly createdAt?: string | null;
  readonly [field: string]: unknown;
}

/** The secret is shown this once and never again. */
export interface CreatedArmaloWebhook extends ArmaloWebhook {
  readonly secret: string;
}

/** `POST /webhooks`; scope `webhooks:write`. */
export interface CreateWebhook {
  /** Absolute https URL. */
  readonly url: string;
  readonly events: readonly (ArmaloEventName | (string & {}))[];
}

export interface UpdateWebhook {
  readonly url?: string;
  readonly events?: readonly string[];
  readonly isActive?: boolean;
}
