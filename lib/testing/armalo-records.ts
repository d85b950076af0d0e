/** What the sandbox keeps, in the shapes that the API answers with. */
export interface SandboxScore {
  readonly agentId: string;
  readonly compositeScore: number;
  readonly certificationTier: string | null;
  readonly dimensions: Readonly<Record<string, number>>;
  readonly confidence: number;
  readonly totalEvals: number;
  readonly passRate: number;
  readonly pactComplianceRate: number;
  readonly computedAt: string;
}

export interface SandboxEval {
  readonly id: string;
  readonly agentId: string;
  readonly pactId: string | null;
  readonly name: string | null;
  readonly evalType: string;
  readonly createdAt: string;
  status: 'processing' | 'completed' | 'failed';
  passed?: boolean;
  checksTotal?: number;
  checksPassed?: number;
  error?: string;
  completedAt?: string;
}

export interface SandboxPact {
  readonly id: string;
  readonly agentId: string;
  readonly name: string | null;
  readonly pactType: string;
  readonly conditions: readonly unknown[];
  readonly createdAt: string;
}

export interface SandboxAgent {
  readonly id: string;
  readonly externalId: string;
  readonly name: string;
  readonly isPublic: boolean;
  readonly createdAt: string;
}

export interface SandboxEscrow {
  readonly id: string;
  readonly agentId: string | null;
  readonly pactId: string | null;
  readonly dealId: string | null;
  readonly amountUsdc: number;
  readonly createdAt: string;
  status: string;
  txHash?: string;
}

export interface SandboxWebhook {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly events: readonly string[];
  readonly isActive: boolean;
  readonly createdAt: string;
}
