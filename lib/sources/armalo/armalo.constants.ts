/** Carries the bare hex digest. */
export const ARMALO_SIGNATURE_HEADER = 'x-armalo-signature';

/** With `www.`: a redirect from the bare host could drop the key. */
export const ARMALO_DEFAULT_BASE_URL = 'https://www.armalo.ai/api/v1';

/** The 22 names of the webhooks page. */
export const ARMALO_EVENT_NAMES = [
  'score.changed',
  'agent.score.changed',
  'score.tier_changed',
  'agent.reputation.updated',
  'pact.violated',
  'pact.anchored',
  'pact.cosigned',
  'eval.completed',
  'eval.failed',
  'escrow.funded',
  'escrow.released',
  'escrow.disputed',
  'escrow.expired',
  'agent.registered',
  'wallet.verified',
  'certification.changed',
  'context_pack.published',
  'context_pack.safety_passed',
  'context_pack.safety_failed',
  'swarm.created',
  'swarm.halted',
  'monitoring.alert',
] as const;

export type ArmaloEventName = (typeof ARMALO_EVENT_NAMES)[number];
