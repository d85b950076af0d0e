import { ApiTransport, pathId, readList } from '../../../api-client/index.js';
import type {
  ApiClientOptions,
  ApiCallOptions,
  RateState,
  ServiceProfile,
} from '../../../api-client/index.js';
import type {
  ArmaloAgent,
  ArmaloEscrow,
  ArmaloEval,
  ArmaloList,
  ArmaloListOptions,
  ArmaloPact,
  ArmaloScore,
  ArmaloScoreHistoryEntry,
  CreateAgent,
  CreateEval,
  CreatePact,
  ListEscrowsOptions,
  ListEvalsOptions,
  ListPactsOptions,
  ScoreHistoryOptions,
} from './armalo.api-types.js';
import { ARMALO_DEFAULT_BASE_URL } from '../armalo.constants.js';
import { readPages } from './armalo.pages.js';
import { readHistoryEntry, readResource, readScore, readSingle } from './armalo.readers.js';
import { ArmaloWebhooksApi } from './armalo.webhooks-api.js';

const PROFILE: ServiceProfile = {
  name: 'Armalo',
  option: 'armalo',
  baseUrl: ARMALO_DEFAULT_BASE_URL,
  // Half of what the Free plan allows; whether the limit is per key or per account is open.
  backgroundPerMinute: 30,
  authorize: (apiKey) => ({ 'x-pact-key': apiKey }),
};

const KEY_HINT =
  'Armalo asks for a payment only where the key is not sent or the plan does not cover the call: check both. Nothing was paid, and nothing will be.';

/**
 * Armalo's API. GETs are tried again when the service fails; what creates something is not, unless
 * it is certain that it did not arrive. All methods throw the subclasses of `ApiError`.
 */
export class ArmaloClient {
  private readonly transport: ApiTransport;
  readonly webhooks: ArmaloWebhooksApi;

  /** @throws ArmoxArmaloConfigurationError when the key or the base URL cannot be one */
  constructor(options: ApiClientOptions) {
    this.transport = new ApiTransport(PROFILE, options);
    this.webhooks = new ArmaloWebhooksApi(this.transport);
  }

  readonly scores = {
    /**
     * An agent's present score. It has no previous score: keep your own.
     * @throws ApiNotFoundError for an unknown agent, maybe for one without a score
     */
    get: async (agentId: string, options?: ApiCallOptions): Promise<ArmaloScore> => {
      const path = `/scores/${pathId(agentId)}`;
      const hints = { 402: KEY_HINT };
      return readScore(await this.transport.send({ method: 'GET', path, hints }, options), agentId);
    },

    /** Past scores. The route is inferred from the SDK's method. */
    history: async (
      agentId: string,
      { period, ...options }: ScoreHistoryOptions = {},
    ): Promise<ArmaloScoreHistoryEntry[]> => {
      const answer = await this.transport.send(
        { method: 'GET', path: `/scores/${pathId(agentId)}/history`, query: { period } },
        options,
      );
      const entries = readList(answer.body, ['history', 'scores']);
      if (!entries) throw answer.unusable('Its body holds no history.');
      return entries.map(readHistoryEntry);
    },
  };

  readonly evals = {
    create: (body: CreateEval, options?: ApiCallOptions): Promise<ArmaloEval> =>
      this.create<ArmaloEval>('/evals', 'eval', body, options),

    get: (id: string, options?: ApiCallOptions): Promise<ArmaloEval> =>
      this.get<ArmaloEval>('/evals', 'eval', id, options),

    list: ({ agentId, status, ...options }: ListEvalsOptions = {}): Promise<
      ArmaloList<ArmaloEval>
    > => this.list<ArmaloEval>('/evals', 'eval', { agentId, status }, options),
  };

  readonly pacts = {
    create: (body: CreatePact, options?: ApiCallOptions): Promise<ArmaloPact> =>
      this.create<ArmaloPact>('/pacts', 'pact', body, options),

    get: (id: string, options?: ApiCallOptions): Promise<ArmaloPact> =>
      this.get<ArmaloPact>('/pacts', 'pact', id, options),

    list: ({ agentId, status, ...options }: ListPactsOptions = {}): Promise<
      ArmaloList<ArmaloPact>
    > => this.list<ArmaloPact>('/pacts', 'pact', { agentId, status }, options),
  };

  readonly agents = {
    /** @throws ApiConflictError presumably, when the `externalId` is registered already */
    create: (body: CreateAgent, options?: ApiCallOptions): Promise<ArmaloAgent> =>
      this.create<ArmaloAgent>('/agents', 'agent', body, options),

    list: (options: ArmaloListOptions = {}): Promise<ArmaloList<ArmaloAgent>> =>
      this.list<ArmaloAgent>('/agents', 'agent', {}, options),
  };

  /** The routes are inferred from the SDK's methods. */
  readonly escrow = {
    get: (id: string, options?: ApiCallOptions): Promise<ArmaloEscrow> =>
      this.get<ArmaloEscrow>('/escrow', 'escrow', id, options),

    list: ({ status, ...options }: ListEscrowsOptions = {}): Promise<ArmaloList<ArmaloEscrow>> =>
      this.list<ArmaloEscrow>('/escrow', 'escrow', { status }, options),
  };

  /** How much of the key's rate limit is used, by this process and, as far as told, by others. */
  rateState(): RateState {
    return this.transport.rateState();
  }

  private async create<T extends { readonly id: string }>(
    path: string,
    kind: string,
    body: object,
    options?: ApiCallOptions,
  ): Promise<T> {
    const hints = { 402: KEY_HINT };
    return readSingle<T>(
      await this.transport.send({ method: 'POST', path, body, hints }, options),
      kind,
    );
  }

  private async get<T extends { readonly id: string }>(
    path: string,
    kind: string,
    id: string,
    options?: ApiCallOptions,
  ): Promise<T> {
    const call = {
      method: 'GET',
      path: `${path}/${pathId(id)}`,
      hints: { 402: KEY_HINT },
    } as const;
    return readSingle<T>(await this.transport.send(call, options), kind);
  }

  private list<T extends { readonly id: string }>(
    path: string,
    kind: string,
    query: Readonly<Record<string, string | undefined>>,
    options: ArmaloListOptions,
  ): Promise<ArmaloList<T>> {
    const read = (item: Record<string, unknown>): T | undefined =>
      readResource<T>(item, `${kind}Id`);
    return readPages(this.transport, { path, keys: [`${kind}s`], query, read }, options);
  }
}
