import type { ArmoxJobStatus } from '../sources/armox/index.js';

/** A job as the sandbox keeps it. */
export interface SandboxJob {
  readonly id: string;
  readonly run_type: 'model' | 'app';
  readonly model_id: string | null;
  readonly app_id: string | null;
  readonly app_name: string | null;
  status: ArmoxJobStatus;
  readonly input_data: object;
  output_data: object | null;
  error_message: string | null;
  readonly credits_charged: number;
  readonly created_at: string;
  completed_at: string | null;
  webhook_delivered: boolean;
  readonly webhook_url: string | null;
}

const TERMINAL: readonly ArmoxJobStatus[] = ['completed', 'failed', 'cancelled'];

export function isTerminal(status: ArmoxJobStatus): boolean {
  return TERMINAL.includes(status);
}

/** The shape of `GET /jobs` items. */
export function listItem(job: SandboxJob): object {
  const { app_name: _app, webhook_url: _url, webhook_delivered: _delivered, ...shown } = job;
  return shown;
}

/** The shape of `GET /jobs/:id`. */
export function singleJob(job: SandboxJob): object {
  return { ...listItem(job), object: 'job', webhook_delivered: job.webhook_delivered };
}

/** The answer to a run that ended within the call. */
export function finishedRun(job: SandboxJob): object {
  return {
    id: job.id,
    object: 'job',
    status: job.status,
    model: job.model_id,
    output: job.output_data,
    run_type: job.run_type,
    credits_charged: job.credits_charged,
    created_at: job.created_at,
    completed_at: job.completed_at,
  };
}

/** The answer to a run that goes on; the page shows `processing` whatever the job's first status is. */
export function acceptedRun(job: SandboxJob): object {
  const what =
    job.run_type === 'app'
      ? { app_id: job.app_id, app_name: job.app_name }
      : { model: job.model_id };
  return {
    id: job.id,
    object: 'job',
    status: 'processing',
    run_type: job.run_type,
    ...what,
    credits_charged: job.credits_charged,
    created_at: job.created_at,
  };
}

/** The webhook's `job`. */
export function webhookJob(job: SandboxJob): object {
  return {
    id: job.id,
    status: job.status,
    output: job.output_data,
    completed_at: job.completed_at,
    ...(job.error_message === null ? {} : { error_message: job.error_message }),
  };
}
