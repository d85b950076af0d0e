export { armalo } from './armalo.definition.js';
export type { ArmaloOptions } from './armalo.options.js';
export { ArmaloEventPipe, ArmaloSignatureGuard } from './webhook/armalo.guards.js';
export {
  ARMALO_DEFAULT_BASE_URL,
  ARMALO_EVENT_NAMES,
  ARMALO_SIGNATURE_HEADER,
} from './armalo.constants.js';
export type { ArmaloEventName } from './armalo.constants.js';
export { isArmaloEvent } from './webhook/armalo.events.js';
export type { AnyArmaloEvent, ArmaloEvent, ArmaloEvents } from './webhook/armalo.events.js';
export { armaloSignature, verifyArmaloSignature } from './webhook/armalo.signature.js';
export { armaloSource } from './webhook/armalo.source.js';
export { OnArmaloEvent } from './webhook/on-armalo-event.decorator.js';
export type { ArmaloData } from './webhook/armalo-data.js';
export type { AgentRegisteredData, WalletVerifiedData } from './webhook/agent.dto.js';
export type {
  ContextPackPublishedData,
  ContextPackSafetyFailedData,
  ContextPackSafetyPassedData,
} from './webhook/context-pack.dto.js';
export type {
  EscrowDisputedData,
  EscrowExpiredData,
  EscrowFundedData,
  EscrowReleasedData,
} from './webhook/escrow.dto.js';
export { EvalCompletedData } from './webhook/eval.dto.js';
export type { EvalFailedData } from './webhook/eval.dto.js';
export type { MonitoringAlertData } from './webhook/monitoring.dto.js';
export type { PactAnchoredData, PactCosignedData, PactViolatedData } from './webhook/pact.dto.js';
export type { PactCondition } from './webhook/pact.dto.js';
export { ScoreChangedData } from './webhook/score.dto.js';
export type {
  AgentReputationUpdatedData,
  AgentScoreChangedData,
  CertificationChangedData,
  ScoreTierChangedData,
} from './webhook/score.dto.js';
export type { CertificationTier } from './webhook/score.dto.js';
export type { SwarmCreatedData, SwarmHaltedData } from './webhook/swarm.dto.js';
export { ArmaloClient } from './api/armalo.client.js';
export type * from './api/armalo.api-types.js';
export { armaloEvalEnd } from './api/armalo.eval-status.js';
export { ArmaloWebhooks, WebhookRegistrationError } from './api/armalo.webhooks.js';
export type {
  EnsuredWebhook,
  EnsureWebhookOptions,
  RegistrationProblem,
} from './api/armalo.webhooks.js';
export { ArmaloWatch } from './watch/armalo.watch.js';
export type { WatchAgent } from './watch/armalo.watch.js';
export { armaloFactHook } from './watch/armalo.fact-hook.js';
export { ArmaloScoreFeed } from './watch/armalo.score-feed.js';
export { ArmaloEvalFeed } from './watch/armalo.eval-feed.js';
export { ArmaloEscrowFeed } from './watch/armalo.escrow-feed.js';
export { WatchStore } from './watch/watch.store.js';
