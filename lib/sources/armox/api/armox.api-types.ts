import type { ApiCallOptions } from '../../../api-client/index.js';

/** A model of `GET /models`. Fields that no document names are kept. */
export interface ArmoxModel {
  /** Opaque, e.g. `google/nano-banana`. */
  readonly id: string;
  readonly name?: string;
  /** e.g. `image`. Says nothing about whether a run answers at once. */
  readonly modality?: string;
  /** Credits at present; what was paid is a job's `credits_charged`. */
  readonly cost?: number;
  readonly inputTypes?: readonly string[];
  readonly promptRequired?: boolean;
  readonly outputType?: string;
  readonly description?: string;
  readonly settings?: readonly ArmoxModelSetting[];
  readonly [field: string]: unknown;
}

export interface ArmoxModelSetting {
  readonly key?: string;
  readonly label?: string;
  readonly inputType?: string;
  readonly defaultValue?: unknown;
  readonly [field: string]: unknown;
}

/** An app of `GET /apps`: the templates and the account's own. */
export interface ArmoxApp {
  readonly id: string;
  readonly name?: string;
  readonly description?: string | null;
  readonly icon?: string | null;
  readonly thumbnail_url?: string | null;
  readonly is_template?: boolean;
  readonly brain_id?: string | null;
  readonly tags?: readonly string[];
  readonly inputs?: readonly ArmoxAppInput[];
  readonly [field: string]: unknown;
}

/** `id` is the key in a run's `inputs`; it may change when the app is edited. */
export interface ArmoxAppInput {
  readonly id?: string;
  readonly type?: string;
  readonly label?: string;
  readonly required?: boolean;
  readonly targetHandle?: string;
  /** True: the value is an array. */
  readonly allowMultiple?: boolean;
  readonly [field: string]: unknown;
}

export interface ArmoxAccount {
  readonly user_id?: string;
  /** Credits left. */
  readonly credits?: number;
  readonly subscription?: string;
  readonly usage?: {
    readonly credits_used_last_30d?: number;
    readonly total_requests_last_30d?: number;
    readonly total_jobs?: number;
    readonly [field: string]: unknown;
  };
  readonly api_keys?: { readonly active?: number; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface RunModelOptions extends ApiCallOptions {
  /** An id of `models.list()`. */
  readonly modelId: string;
  /** The model's inputs and settings side by side. */
  readonly input?: Readonly<Record<string, unknown>> | undefined;
  /** Absolute https URL to which Armox posts the end of the job. */
  readonly webhookUrl?: string | undefined;
}

export interface RunAppOptions extends ApiCallOptions {
  /** An id of `apps.list()`. */
  readonly appId: string;
  /** By `inputs[].id` of the app. */
  readonly inputs?: Readonly<Record<string, unknown>> | undefined;
  /** Absolute https URL to which Armox posts the end of the job. */
  readonly webhookUrl?: string | undefined;
}

export interface ListJobsOptions extends ApiCallOptions {
  /** 1 to 100; Armox's default is 20. */
  readonly limit?: number | undefined;
}
