import type { IncomingMessage } from 'node:http';
import { ARMOX_SIGNATURE_HEADER, type ArmoxJobStatus } from '../sources/armox/index.js';
import {
  SANDBOX_APPS,
  SANDBOX_MODELS,
  type SandboxApp,
  type SandboxModel,
} from './armox-catalog.js';
import {
  acceptedRun,
  finishedRun,
  isTerminal,
  listItem,
  singleJob,
  webhookJob,
  type SandboxJob,
} from './sandbox-job.js';
import { failure, type ApiCall, type ApiReply, type ApiRoutes } from './sandbox-routes.js';
import { Sandbox } from './sandbox.js';
import { randomUuid, type SandboxOptions } from './sandbox.options.js';
import { signArmox } from './signed-request.js';

/** How jobs move by themselves. */
export interface JobLifecycle {
  /** Milliseconds in `pending`. */
  readonly pending: number;
  /** Milliseconds in `processing`. */
  readonly processing: number;
  /** Share that ends `failed`, 0 to 1. */
  readonly failShare: number;
}

export interface ArmoxSandboxOptions extends SandboxOptions {
  /** Signs the webhooks. Default `armox-sandbox-secret`. */
  readonly webhookSecret?: string;
  /** Default 1,000,000. */
  readonly credits?: number;
  /** `'manual'`: jobs move only by `complete`, `fail`, … Default: 100 ms pending, 900 ms processing. */
  readonly lifecycle?: Partial<JobLifecycle> | 'manual';
  /**
   * Ends that raise a webhook, each as `job.<status>`. Default `['completed']`: the page shows no
   * other.
   */
  readonly notify?: readonly ArmoxJobStatus[];
  readonly models?: readonly SandboxModel[];
  readonly apps?: readonly SandboxApp[];
}

const DEFAULT_LIFECYCLE: JobLifecycle = { pending: 100, processing: 900, failShare: 0 };

/** A real HTTP server that answers, and calls back, as Armox's pages say. */
export class ArmoxSandbox extends Sandbox {
  readonly webhookSecret: string;
  private readonly jobsById = new Map<string, SandboxJob>();
  private readonly models: readonly SandboxModel[];
  private readonly apps: readonly SandboxApp[];
  private readonly notify: readonly ArmoxJobStatus[];
  private readonly lifecycle: JobLifecycle | undefined;
  private credits: number;

  constructor(options: ArmoxSandboxOptions = {}) {
    super(options.apiKey ?? 'sk_live_sandbox', options.rateLimit ?? 60, options);
    this.webhookSecret = options.webhookSecret ?? 'armox-sandbox-secret';
    this.models = options.models ?? SANDBOX_MODELS;
    this.apps = options.apps ?? SANDBOX_APPS;
    this.notify = options.notify ?? ['completed'];
    this.credits = options.credits ?? 1_000_000;
    this.lifecycle =
      options.lifecycle === 'manual' ? undefined : { ...DEFAULT_LIFECYCLE, ...options.lifecycle };
  }

  /** Every job so far, oldest first. */
  get jobs(): readonly Readonly<SandboxJob>[] {
    return [...this.jobsById.values()];
  }

  /** pending → processing */
  process(id: string): void {
    const job = this.find(id);
    if (job.status === 'pending') job.status = 'processing';
  }

  /** Ends the job with an output and sends its webhook. A job that has ended stays as it is. */
  complete(id: string, output?: object): void {
    const job = this.find(id);
    this.end(job, 'completed', { output_data: output ?? this.madeUpOutput(job) });
  }

  /** Ends the job as failed and gives its credits back. */
  fail(id: string, message = 'The model could not finish the run'): void {
    this.end(this.find(id), 'failed', { error_message: message });
  }

  cancel(id: string): void {
    this.end(this.find(id), 'cancelled', {});
  }

  protected authenticate(request: IncomingMessage): string | ApiReply {
    const [scheme, key] = (request.headers.authorization ?? '').split(' ');
    if (scheme !== 'Bearer' || !key) return failure(401, 'Missing Authorization Bearer token');
    return key === this.apiKey ? key : failure(401, 'Invalid API key');
  }

  protected routes(): ApiRoutes {
    return {
      'GET /models': () => list(this.models),
      'GET /apps': () => list(this.apps.map((app) => this.shownApp(app))),
      'POST /models/run': (call) => this.runModel(call),
      'POST /apps/run': (call) => this.runApp(call),
      'GET /jobs': (call) => this.listJobs(call),
      'GET /jobs/:id': (call) => this.showJob(call),
      'POST /jobs/:id/cancel': (call) => this.cancelJob(call),
      'GET /account': () => this.account(),
    };
  }

  private runModel({ body }: ApiCall): ApiReply {
    const model = this.models.find(({ id }) => id === body['model']);
    if (!model) return failure(400, 'Invalid model');
    const refused = this.refuse(model.cost, body['webhook_url']);
    if (refused) return refused;
    const job = this.create({
      run_type: 'model',
      model_id: model.id,
      input_data: { input: body['input'] ?? {} },
      credits_charged: model.cost,
      webhook_url: body['webhook_url'],
    });
    if (['image', 'text', 'tool'].includes(model.outputType)) {
      // The webhook of such a run may arrive before this very answer.
      this.complete(job.id);
      return { status: 200, body: finishedRun(job) };
    }
    this.live(job);
    return { status: 202, body: acceptedRun(job) };
  }

  private runApp({ body }: ApiCall): ApiReply {
    const app = this.apps.find(({ id }) => id === body['app_id']);
    if (!app) return failure(404, 'App not found');
    const inputs = (body['inputs'] ?? {}) as Record<string, unknown>;
    const missing = app.inputs.filter(({ id, required }) => required && inputs[id] === undefined);
    if (missing.length > 0) {
      const labels = missing.map(({ label }) => label).join(', ');
      return failure(400, `Missing required inputs: ${labels}`);
    }
    const refused = this.refuse(app.cost, body['webhook_url']);
    if (refused) return refused;
    const job = this.create({
      run_type: 'app',
      app_id: app.id,
      app_name: app.name,
      input_data: { app_id: app.id, inputs },
      credits_charged: app.cost,
      webhook_url: body['webhook_url'],
    });
    this.live(job);
    return { status: 202, body: acceptedRun(job) };
  }

  private refuse(cost: number, webhookUrl: unknown): ApiReply | undefined {
    const isUrl = typeof webhookUrl === 'string' && /^https?:\/\//.test(webhookUrl);
    if (webhookUrl !== undefined && !isUrl) return failure(400, 'Invalid webhook_url');
    if (cost <= this.credits) return undefined;
    return failure(402, `Insufficient credits. Required ${cost}, available ${this.credits}`);
  }

  private create(
    run: Pick<SandboxJob, 'run_type' | 'input_data' | 'credits_charged'> &
      Omit<Partial<SandboxJob>, 'webhook_url'> & { readonly webhook_url: unknown },
  ): SandboxJob {
    const job: SandboxJob = {
      model_id: null,
      app_id: null,
      app_name: null,
      ...run,
      id: randomUuid(this.world.random),
      status: 'pending',
      output_data: null,
      error_message: null,
      created_at: this.isoNow(),
      completed_at: null,
      webhook_delivered: false,
      webhook_url: typeof run.webhook_url === 'string' ? run.webhook_url : null,
    };
    this.credits -= job.credits_charged;
    this.jobsById.set(job.id, job);
    return job;
  }

  private live(job: SandboxJob): void {
    const lifecycle = this.lifecycle;
    if (!lifecycle) return;
    const { pending, processing, failShare } = lifecycle;
    this.later(pending, () => {
      this.process(job.id);
      this.later(processing, () => {
        if (this.world.random() < failShare) this.fail(job.id);
        else this.complete(job.id);
      });
    });
  }

  private end(job: SandboxJob, status: ArmoxJobStatus, result: Partial<SandboxJob>): void {
    if (isTerminal(job.status)) return;
    Object.assign(job, result, { status, completed_at: this.isoNow() });
    if (status === 'failed') this.credits += job.credits_charged;
    if (job.webhook_url !== null && this.notify.includes(status)) this.call(job, job.webhook_url);
  }

  private call(job: SandboxJob, url: string): void {
    const event = `job.${job.status}`;
    const body = Buffer.from(JSON.stringify({ event, job: webhookJob(job) }));
    this.queue.send({
      event,
      url,
      body,
      headers: {
        'content-type': 'application/json',
        [ARMOX_SIGNATURE_HEADER]: signArmox(body, this.webhookSecret),
      },
      onDelivered: () => {
        job.webhook_delivered = true;
      },
    });
  }

  private listJobs({ query }: ApiCall): ApiReply {
    const limit = Number(query.get('limit') ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
      return failure(400, 'limit must be between 1 and 100');
    }
    return list(this.jobs.slice(-limit).reverse().map(listItem));
  }

  private showJob({ params }: ApiCall): ApiReply {
    const job = this.jobsById.get(params['id'] ?? '');
    return job ? { status: 200, body: singleJob(job) } : failure(404, 'Job not found');
  }

  private cancelJob({ params }: ApiCall): ApiReply {
    const job = this.jobsById.get(params['id'] ?? '');
    if (!job) return failure(404, 'Job not found');
    if (isTerminal(job.status)) {
      return failure(409, 'Job can no longer be cancelled in its current state');
    }
    this.cancel(job.id);
    const { id, status, completed_at: cancelled_at } = job;
    return { status: 200, body: { id, object: 'job', status, cancelled_at } };
  }

  private account(): ApiReply {
    const used = this.jobs.reduce((sum, job) => sum + job.credits_charged, 0);
    const body = {
      object: 'account',
      user_id: 'user_sandbox',
      credits: this.credits,
      subscription: 'agency',
      usage: {
        credits_used_last_30d: used,
        total_requests_last_30d: this.calls.total,
        total_jobs: this.jobsById.size,
      },
      api_keys: { active: 1 },
    };
    return { status: 200, body };
  }

  private shownApp({ cost: _cost, ...app }: SandboxApp): object {
    return { ...app, icon: null, thumbnail_url: null, is_template: true, brain_id: null, tags: [] };
  }

  private madeUpOutput(job: SandboxJob): object {
    const file = `https://storage.example.com/public/${job.id}`;
    if (job.run_type === 'model') return { outputImage: `${file}.png` };
    const node = randomUuid(this.world.random);
    const node_outputs = { [node]: { outputImage: `${file}.png` } };
    return { app_id: job.app_id, app_name: job.app_name, node_outputs };
  }

  private find(id: string): SandboxJob {
    const job = this.jobsById.get(id);
    if (!job) throw new Error(`The sandbox has no job ${JSON.stringify(id)}.`);
    return job;
  }
}

function list(data: readonly unknown[]): ApiReply {
  return { status: 200, body: { object: 'list', data } };
}
