import { IsISO8601, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import type { ArmoxJobStatus } from '../armox.constants.js';

/** A job's result: its keys depend on the model (`outputImage`) or the app (`node_outputs`). */
export interface ArmoxOutput {
  [key: string]: unknown;
}

/**
 * A job as handlers get it, whichever of the five documented shapes it came in. Only
 * `id`, `status` and `output` are always there; fields of newer versions are kept.
 */
export class ArmoxJob<Status extends string = ArmoxJobStatus> {
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  id: string;

  status: Status;

  /** `output_data`, else `output`; null = none (yet). A bare text or list stands under `value`. */
  output: ArmoxOutput | null;

  /** ISO 8601. */
  @IsOptional()
  @IsISO8601()
  completed_at?: string | null;

  cancelled_at?: string | null;
  created_at?: string | null;
  error_message?: string | null;
  run_type?: string | null;
  model_id?: string | null;
  app_id?: string | null;
  input_data?: { [key: string]: unknown } | null;
  credits_charged?: number | null;
  /** For display only: what it means when false is not documented. */
  webhook_delivered?: boolean | null;
}

/*
 * One name an event. The status needs no check: the event's name is made from it.
 */
export type CompletedJob = ArmoxJob<'completed'>;
export type FailedJob = ArmoxJob<'failed'>;
export type CancelledJob = ArmoxJob<'cancelled'>;
export type ProcessingJob = ArmoxJob<'processing'>;
export type PendingJob = ArmoxJob<'pending'>;
