export {
  ARMALO_DEFAULT_BASE_URL,
  ARMALO_EVENT_NAMES,
  ARMALO_SIGNATURE_HEADER,
} from './armalo.constants.js';
export type { ArmaloEventName } from './armalo.constants.js';
export { isArmaloEvent } from './armalo.events.js';
export type { AnyArmaloEvent, ArmaloEvent, ArmaloEvents } from './armalo.events.js';
export { armaloSignature, verifyArmaloSignature } from './armalo.signature.js';
export { armaloSource } from './armalo.source.js';
export type { ArmaloSourceOptions } from './armalo.source.js';
export { OnArmaloEvent } from './on-armalo-event.decorator.js';
export { ArmaloData } from './armalo-data.js';
export { AgentRegisteredData, WalletVerifiedData } from './agent.dto.js';
export {
  ContextPackPublishedData,
  ContextPackSafetyFailedData,
  ContextPackSafetyPassedData,
} from './context-pack.dto.js';
export {
  EscrowDisputedData,
  EscrowExpiredData,
  EscrowFundedData,
  EscrowReleasedData,
} from './escrow.dto.js';
export { EvalCompletedData, EvalFailedData } from './eval.dto.js';
export { MonitoringAlertData } from './monitoring.dto.js';
export { PactAnchoredData, PactCosignedData, PactViolatedData } from './pact.dto.js';
export type { PactCondition } from './pact.dto.js';
export {
  AgentReputationUpdatedData,
  AgentScoreChangedData,
  CertificationChangedData,
  ScoreChangedData,
  ScoreTierChangedData,
} from './score.dto.js';
export type { CertificationTier } from './score.dto.js';
export { SwarmCreatedData, SwarmHaltedData } from './swarm.dto.js';
export { ArmaloClient } from './armalo.client.js';
export type * from './armalo.api-types.js';
export { armaloEvalEnd } from './armalo.eval-status.js';
export type { ArmaloEvalEnd } from './armalo.eval-status.js';
export { ArmaloWebhooks, WebhookRegistrationError } from './armalo.webhooks.js';
export type {
  EnsuredWebhook,
  EnsureWebhookOptions,
  RegistrationProblem,
} from './armalo.webhooks.js';
export { ArmaloWebhooksApi } from './armalo.webhooks-api.js';
export { ArmaloWatch } from './armalo.watch.js';
export type { WatchAgent } from './armalo.watch.js';
export { armaloFactCompanion } from './armalo.fact-companion.js';
export { ArmaloScoreFeed } from './armalo.score-feed.js';
export type { ArmaloScoreFeedParts } from './armalo.score-feed.js';
export { ArmaloEvalFeed } from './armalo.eval-feed.js';
export type { ArmaloEvalFeedParts } from './armalo.eval-feed.js';
export { ArmaloEscrowFeed } from './armalo.escrow-feed.js';
export type { ArmaloEscrowFeedParts } from './armalo.escrow-feed.js';
export { WatchStore } from './watch.store.js';
