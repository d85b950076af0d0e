import { armaloRequest, type SignedRequest } from 'nestjs-armox-armalo/testing';

export const SECRET = 'whsec_bench';

/** An event of the size and shape that Armalo's page shows; no two are the same. */
export function pactViolated(number: number): object {
  return {
    event: 'pact.violated',
    timestamp: '2026-11-20T10:00:00.000Z',
    data: {
      pactId: `pact_${number}`,
      agentId: `agent_${number % 1000}`,
      orgId: 'org_7d1e4f',
      conditionType: 'latency',
      severity: 'major',
      interactionId: `interaction_${number}`,
      condition: { type: 'latency', operator: 'lte', value: 2000, severity: 'major' },
      violations: [{ metric: 'p95LatencyMs', expected: 2000, actual: 3120 + (number % 97) }],
    },
  };
}

export const signedPactViolated = (number: number): SignedRequest =>
  armaloRequest(pactViolated(number), SECRET);
