import { IsNotEmpty, IsNumber, IsOptional, IsString } from 'class-validator';
import type { ArmaloData } from './armalo-data.js';
import { IsNumberRecord } from './number-record.validator.js';

/** `bronze`, `silver`, `gold`, `platinum`, null = none; open, since tiers may be added. */
export type CertificationTier = 'bronze' | 'silver' | 'gold' | 'platinum' | (string & {}) | null;

/** `score.changed`, as the page shows it. */
export class ScoreChangedData {
  @IsString()
  @IsNotEmpty()
  agentId: string;

  /** 0 to 1000. */
  @IsNumber()
  compositeScore: number;

  /** Absent or null for an agent without a tier. */
  @IsOptional()
  @IsString()
  certificationTier?: CertificationTier;

  /** The composite score before; absent or null for a first score. */
  @IsOptional()
  @IsNumber()
  previousScore?: number | null;

  /** 0 to 1 each; which ones there are differs between Armalo's pages. */
  @IsOptional()
  @IsNumberRecord()
  dimensions?: Record<string, number> | null;
}

/** `agent.score.changed`; presumably `score.changed`'s fields. */
export interface AgentScoreChangedData extends ArmaloData {
  compositeScore?: number;
  certificationTier?: CertificationTier;
  previousScore?: number | null;
  dimensions?: Record<string, number> | null;
}

/** `score.tier_changed` */
export interface ScoreTierChangedData extends ArmaloData {
  certificationTier?: CertificationTier;
  previousTier?: CertificationTier;
  compositeScore?: number;
  previousScore?: number | null;
}

/** `agent.reputation.updated`: a score of its own, not the composite one. */
export interface AgentReputationUpdatedData extends ArmaloData {
  reputationScore?: number;
  previousScore?: number | null;
  tier?: CertificationTier;
  reason?: string;
}

/** `certification.changed` */
export interface CertificationChangedData extends ArmaloData {
  certificationTier?: CertificationTier;
  previousTier?: CertificationTier;
  status?: string;
  reason?: string;
}
