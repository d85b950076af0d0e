import type { PayloadClass } from '../../../core/index.js';
import { AgentRegisteredData, WalletVerifiedData } from './agent.dto.js';
import type { ArmaloEventName } from '../armalo.constants.js';
import {
  ContextPackPublishedData,
  ContextPackSafetyFailedData,
  ContextPackSafetyPassedData,
} from './context-pack.dto.js';
import {
  EscrowDisputedData,
  EscrowExpiredData,
  EscrowFundedData,
  EscrowReleasedData,
} from './escrow.dto.js';
import { EvalCompletedData, EvalFailedData } from './eval.dto.js';
import { MonitoringAlertData } from './monitoring.dto.js';
import { PactAnchoredData, PactCosignedData, PactViolatedData } from './pact.dto.js';
import {
  AgentReputationUpdatedData,
  AgentScoreChangedData,
  CertificationChangedData,
  ScoreChangedData,
  ScoreTierChangedData,
} from './score.dto.js';
import { SwarmCreatedData, SwarmHaltedData } from './swarm.dto.js';

/** What each event's `data` is checked against. */
export const ARMALO_DATA_CLASSES = {
  'score.changed': ScoreChangedData,
  'agent.score.changed': AgentScoreChangedData,
  'score.tier_changed': ScoreTierChangedData,
  'agent.reputation.updated': AgentReputationUpdatedData,
  'pact.violated': PactViolatedData,
  'pact.anchored': PactAnchoredData,
  'pact.cosigned': PactCosignedData,
  'eval.completed': EvalCompletedData,
  'eval.failed': EvalFailedData,
  'escrow.funded': EscrowFundedData,
  'escrow.released': EscrowReleasedData,
  'escrow.disputed': EscrowDisputedData,
  'escrow.expired': EscrowExpiredData,
  'agent.registered': AgentRegisteredData,
  'wallet.verified': WalletVerifiedData,
  'certification.changed': CertificationChangedData,
  'context_pack.published': ContextPackPublishedData,
  'context_pack.safety_passed': ContextPackSafetyPassedData,
  'context_pack.safety_failed': ContextPackSafetyFailedData,
  'swarm.created': SwarmCreatedData,
  'swarm.halted': SwarmHaltedData,
  'monitoring.alert': MonitoringAlertData,
} satisfies Record<ArmaloEventName, PayloadClass>;
