import { Inject, Injectable, NotFoundException, UnauthorizedException } from '@nestjs/common';
import {
  RawBodyUnavailableError,
  SOURCES,
  type ConfiguredSource,
  type RawDelivery,
} from '../core/index.js';
import { IngressCounters } from './ingress.counters.js';
import { rawBytesOf, type IngressRequest } from './ingress.request.js';
import { SecretsUnavailableException } from './secrets-unavailable.exception.js';
import { ThrottledLog } from './throttled-log.js';

/** A delivery whose signature has been checked; only `DeliveryVerifier` makes one. */
export class VerifiedDelivery implements RawDelivery {
  readonly source: string;
  readonly account: string;
  readonly headers: RawDelivery['headers'];
  readonly wire: Buffer;
  readonly body: Buffer;

  constructor(delivery: RawDelivery) {
    this.source = delivery.source;
    this.account = delivery.account;
    this.headers = delivery.headers;
    this.wire = delivery.wire;
    this.body = delivery.body;
  }
}

/** By request, since interceptors of the application may replace `request.body`. */
const verified = new WeakMap<object, VerifiedDelivery>();

/** The delivery that a signature guard let through on this request. */
export const verifiedDeliveryOf = (request: object): VerifiedDelivery | undefined =>
  verified.get(request);

/** Checks the signature of a request over the exact bytes received. */
@Injectable()
export class DeliveryVerifier {
  private readonly log = new ThrottledLog();

  constructor(
    @Inject(SOURCES) private readonly sources: readonly ConfiguredSource[],
    private readonly counters: IngressCounters,
  ) {}

  /**
   * @throws NotFoundException when the source, or accounts of it, are not configured
   * @throws UnauthorizedException without a reason: who may not know the secret may not learn why
   * @throws SecretsUnavailableException (503) when the secrets could not be had
   * @throws RawBodyUnavailableError when nothing kept the bytes
   */
  async verify(source: string, request: IngressRequest): Promise<VerifiedDelivery> {
    const account = request.params?.['account'] ?? '';
    const configured = this.sources.find((candidate) => candidate.source.name === source);
    if (!configured || (account !== '' && !configured.accounts)) {
      throw new NotFoundException(`Cannot ${request.method} ${request.originalUrl ?? request.url}`);
    }
    const bytes = rawBytesOf(request);
    if (!bytes) throw new RawBodyUnavailableError(nobodyKeptTheBytes(source));
    const delivery = { source, account, headers: request.headers, ...bytes };
    const secrets = await this.secretsOf(configured, account);
    if (!isSigned(configured, delivery, secrets)) {
      throw this.rejected(configured, delivery, secrets.length);
    }
    const genuine = new VerifiedDelivery(delivery);
    verified.set(request, genuine);
    return genuine;
  }

  private async secretsOf(
    configured: ConfiguredSource,
    account: string,
  ): Promise<readonly string[]> {
    try {
      return await configured.secrets(account);
    } catch (error) {
      const { name } = configured.source;
      this.counters.add(name, 'unavailable');
      const reason = error instanceof Error ? error.name : typeof error;
      this.log.error(
        `${name}:secrets`,
        `The function that gives the ${name} secrets failed (${reason}); deliveries are answered 503 until it works.`,
      );
      throw new SecretsUnavailableException({ cause: error });
    }
  }

  private rejected(configured: ConfiguredSource, delivery: RawDelivery, secrets: number): Error {
    const { name, signatureHeader } = configured.source;
    this.counters.add(name, 'rejected');
    const why =
      secrets === 0
        ? 'no secret is configured for it'
        : delivery.headers[signatureHeader] === undefined
          ? `it has no ${signatureHeader} header`
          : 'its signature does not match';
    this.log.warn(`${name}:rejected`, `A delivery of ${name} was answered 401: ${why}.`);
    return new UnauthorizedException();
  }
}

/** Services sign what they send; a proxy in between may have undone or added a Content-Encoding. */
function isSigned(
  { source }: ConfiguredSource,
  { headers, wire, body }: RawDelivery,
  secrets: readonly string[],
): boolean {
  const header = headers[source.signatureHeader];
  const candidates = wire === body ? [wire] : [wire, body];
  return secrets.some((secret) => candidates.some((bytes) => source.verify(bytes, header, secret)));
}

const nobodyKeptTheBytes = (source: string): string =>
  `A controller that checks ${source} signatures gets parsed bodies, so its deliveries are answered 500. ` +
  'Put `@RawBody()` of nestjs-armox-armalo on the controller.';
