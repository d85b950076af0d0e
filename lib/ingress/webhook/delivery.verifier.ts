import { Inject, Injectable } from '@nestjs/common';
import {
  diagnose,
  RawBodyUnavailableError,
  SOURCES,
  type ConfiguredSource,
  type RawDelivery,
} from '../../core/index.js';
import { isAccountName } from '../routes/account-name.js';
import { DeliveryRejections } from './delivery.rejections.js';
import { IngressCounters } from '../ingress.counters.js';
import { rawBytesOf, type IngressRequest } from './ingress.request.js';
import { SecretLookup } from './secret.lookup.js';

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

/** Checks the signature of a request over the exact bytes received. */
@Injectable()
export class DeliveryVerifier {
  private readonly lookup: SecretLookup;

  constructor(
    @Inject(SOURCES) private readonly sources: readonly ConfiguredSource[],
    private readonly rejections: DeliveryRejections,
    counters: IngressCounters,
  ) {
    this.lookup = new SecretLookup(counters);
  }

  /**
   * @throws NotFoundException when the source, or accounts of it, are not configured
   * @throws UnauthorizedException without a reason: who may not know the secret may not learn why
   * @throws SecretsUnavailableException (503) when the secrets could not be had
   * @throws RawBodyUnavailableError when nothing kept the bytes
   */
  async verify(source: string, request: IngressRequest): Promise<VerifiedDelivery> {
    const asked = request.params?.['account'] ?? '';
    const configured = this.sources.find((candidate) => candidate.source.name === source);
    if (!configured || !takes(configured, asked)) throw this.rejections.notFound(request);
    const bytes = rawBytesOf(request);
    if (!bytes) throw new RawBodyUnavailableError(nobodyKeptTheBytes(source));
    const unsigned = this.rejections.unsigned(configured, request);
    if (unsigned) throw unsigned;
    const { account, secrets } = await this.lookup.of(configured, asked);
    const delivery = { source, account, headers: request.headers, ...bytes };
    if (!isSigned(configured, delivery, secrets)) {
      const unknown = secrets.length === 0;
      const why = unknown ? 'no secret is configured for it' : 'its signature does not match';
      throw this.rejections.unauthorized(configured, why);
    }
    diagnose('received', () => ({ source, account, bytes: delivery.wire.length }));
    return new VerifiedDelivery(delivery);
  }
}

const takes = ({ accounts }: ConfiguredSource, account: string): boolean =>
  account === '' || (accounts && isAccountName(account));

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
  'Put `@CaptureRawBody()` of nestjs-armox-armalo on the controller.';
