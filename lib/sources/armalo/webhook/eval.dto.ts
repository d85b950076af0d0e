import { IsBoolean, IsInt, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import type { ArmaloData } from './armalo-data.js';

/** `eval.completed`, as the page shows it. `passed: false` is a run that finished and failed its checks. */
export class EvalCompletedData {
  @IsString()
  @IsNotEmpty()
  evalId: string;

  @IsString()
  @IsNotEmpty()
  agentId: string;

  /** Absent or null for an evaluation without a pact. */
  @IsOptional()
  @IsString()
  pactId?: string | null;

  @IsBoolean()
  passed: boolean;

  @IsInt()
  checksTotal: number;

  @IsInt()
  checksPassed: number;
}

/** `eval.failed`: the run failed or timed out. */
export interface EvalFailedData extends ArmaloData {
  error?: string;
  reason?: string;
}
