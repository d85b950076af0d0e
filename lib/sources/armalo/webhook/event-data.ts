import type { PayloadClass } from '../../../core/index.js';
import type { ArmaloEventName } from '../armalo.constants.js';
import type { AgentRegisteredData, WalletVerifiedData } from './agent.dto.js';
import type {
  ContextPackPublishedData,
  ContextPackSafetyFailedData,
  ContextPackSafetyPassedData,
} from './context-pack.dto.js';
import type {
  EscrowDisputedData,
  EscrowExpiredData,
  EscrowFundedData,
  EscrowReleasedData,
} from './escrow.dto.js';
import { EvalCompletedData, type EvalFailedData } from './eval.dto.js';
import type { MonitoringAlertData } from './monitoring.dto.js';
import type { PactAnchoredData, PactCosignedData, PactViolatedData } from './pact.dto.js';
import {
  type AgentReputationUpdatedData,
  type AgentScoreChangedData,
  type CertificationChangedData,
  ScoreChangedData,
  type ScoreTierChangedData,
} from './score.dto.js';
import type { SwarmCreatedData, SwarmHaltedData } from './swarm.dto.js';

/** The `data` of each event. */
export interface ArmaloEventData {
  'score.changed': ScoreChangedData;
  'agent.score.changed': AgentScoreChangedData;
  'score.tier_changed': ScoreTierChangedData;
  'agent.reputation.updated': AgentReputationUpdatedData;
  'pact.violated': PactViolatedData;
  'pact.anchored': PactAnchoredData;
  'pact.cosigned': PactCosignedData;
  'eval.completed': EvalCompletedData;
  'eval.failed': EvalFailedData;
  'escrow.funded': EscrowFundedData;
  'escrow.released': EscrowReleasedData;
  'escrow.disputed': EscrowDisputedData;
  'escrow.expired': EscrowExpiredData;
  'agent.registered': AgentRegisteredData;
  'wallet.verified': WalletVerifiedData;
  'certification.changed': CertificationChangedData;
  'context_pack.published': ContextPackPublishedData;
  'context_pack.safety_passed': ContextPackSafetyPassedData;
  'context_pack.safety_failed': ContextPackSafetyFailedData;
  'swarm.created': SwarmCreatedData;
  'swarm.halted': SwarmHaltedData;
  'monitoring.alert': MonitoringAlertData;
}

/**
 * What `data` is checked against where Armalo documents it. Handlers get it as the plain object that came,
 * unless they have a `dto` of their own.
 */
export const ARMALO_DATA_CLASSES: { readonly [Name in ArmaloEventName]?: PayloadClass } = {
  'score.changed': ScoreChangedData,
  'eval.completed': EvalCompletedData,
};
