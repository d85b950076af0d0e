import {
  column,
  createEventDecorator,
  defineTable,
  EventPipe,
  func,
  hashOf,
  hmacSha256Shape,
  INBOX_DATABASE,
  invalidIdentity,
  isJsonObject,
  only,
  select,
  sql,
  readInstant,
  readJsonEnvelope,
  rule,
  SignatureGuard,
  SourceDecisions,
  sourceOptionsToken,
  verifyHmacSha256,
  webhookSourceToken,
  type EventFeed,
  type InboxDatabase,
  type InsertHook,
  type SourceDefinition,
  type SourceEvent,
  type SourceOptions,
  type WebhookSource,
} from 'nestjs-armox-armalo/source';

/*
 * A source that a user could have written: it imports the package's public names alone.
 */

const NAME = 'parcels';
const EVENT_NAMES = ['parcel.sent', 'parcel.delivered'] as const;

export interface Parcel {
  readonly event: string;
  readonly id: string;
  readonly at: string;
  readonly parcel: { readonly number: string };
}

type ParcelEvents = { [Name in (typeof EVENT_NAMES)[number]]: Parcel & { readonly event: Name } };

export interface ParcelsOptions extends SourceOptions<(typeof EVENT_NAMES)[number], Parcel> {
  /** What the service's API lists of a carrier. */
  readonly list?: () => Promise<readonly Parcel[]>;
  /** Name of the carrier whose parcels are polled. Default `post`. */
  readonly carrier?: string;
}

export const OnParcelEvent = createEventDecorator<ParcelEvents, Parcel, 'parcel'>(NAME, 'parcel');

export class ParcelSignatureGuard extends SignatureGuard {
  override readonly sourceName = NAME;
}

export class ParcelEventPipe extends EventPipe<SourceEvent<Parcel>> {
  protected override readonly sourceName = NAME;
}

/** Signs as the service does: the digest behind `v1=`. */
export function parcelSource(options: ParcelsOptions = {}): WebhookSource {
  const decisions = new SourceDecisions<Parcel>(NAME, options);
  const read = (body: Buffer) => {
    const { event, ...rest } = readJsonEnvelope(body);
    const parcel = isJsonObject(rest['parcel']) ? rest['parcel'] : {};
    const problems = typeof parcel['number'] === 'string' ? [] : ['parcel.number must be a text'];
    return { payload: { event, ...rest } as unknown as Parcel, problems };
  };
  return {
    name: NAME,
    signatureHeader: 'parcels-signature',
    signatureShape: hmacSha256Shape('v1='),
    eventNames: EVENT_NAMES,
    ordered: options.orderingKey !== undefined,
    verify: (bytes, header, secret) => verifyHmacSha256(bytes, header, secret, 'v1='),
    open({ account, body }) {
      const { payload, problems } = read(body);
      const own = { id: String(payload.id ?? invalidIdentity(payload.event, body)) };
      const occurredAt = readInstant(payload.at);
      return {
        source: NAME,
        account,
        name: payload.event,
        ...(problems.length === 0
          ? decisions.of(payload, own)
          : { id: invalidIdentity(payload.event, body) }),
        ...(occurredAt !== undefined && { occurredAt }),
        body,
        payload,
        problems,
      };
    },
    read: ({ body }) => read(body),
  };
}

/** Where each parcel was last seen. */
const parcelTable = defineTable({
  name: 'parcel',
  columns: {
    id: column.id(),
    identity: column.hash(),
    number: column.name(100),
    event: column.name(100),
  },
  indexes: [{ name: 'parcel_identity', columns: ['identity'], unique: true }],
});

const seen = select(parcelTable, 'number', 'event');

export class ParcelStore {
  constructor(private readonly inbox: InboxDatabase) {}

  async lastEvent(number: string): Promise<string | undefined> {
    const table = this.inbox.tables.of(parcelTable);
    const [row] = await this.inbox.database.read(() =>
      only(sql`SELECT ${seen.list} FROM ${table} WHERE identity = ${hashOf(number)}`),
    );
    return row && seen.read(row).event;
  }
}

/** Keeps the table in step, in the transaction of the event's insert. */
function parcelHook({ dialect, tables }: InboxDatabase): InsertHook {
  return {
    source: NAME,
    concerns: () => true,
    *afterInsert(stored) {
      for (const { event } of stored) {
        const { parcel, event: name } = event.payload as Parcel;
        yield* dialect.upsert({
          table: tables.of(parcelTable),
          key: 'identity',
          rows: [{ identity: hashOf(parcel.number), number: parcel.number, event: name }],
          changes: ({ given }) => ({ event: given('event') }),
        });
      }
      return new Set();
    },
  };
}

class ParcelFeed implements EventFeed {
  readonly name = 'parcels-list';
  readonly source = NAME;
  readonly account = '';

  constructor(
    private readonly webhooks: WebhookSource,
    private readonly list: () => Promise<readonly Parcel[]>,
  ) {}

  async *poll(): AsyncGenerator<readonly SourceEvent[]> {
    const parcels = await this.list();
    yield parcels.map((parcel) =>
      this.webhooks.open({ account: '', body: Buffer.from(JSON.stringify(parcel)) }),
    );
  }
}

/** `forRoot({ sources: [parcels({ … })] })` */
export function parcels(given: ParcelsOptions): SourceDefinition<ParcelsOptions> {
  return {
    name: NAME,
    eventNames: EVENT_NAMES,
    options: { useFactory: () => given },
    optionRules: {
      list: func(),
      carrier: rule('a text', (value) => typeof value === 'string', 'post'),
    },
    webhooks: parcelSource,
    tables: [parcelTable],
    insertHook: (_options, inbox) => parcelHook(inbox),
    providers: [
      {
        provide: ParcelStore,
        inject: [INBOX_DATABASE],
        useFactory: (inbox: InboxDatabase) => new ParcelStore(inbox),
      },
    ],
    exports: [ParcelStore],
    feeds: {
      inject: [sourceOptionsToken(NAME), webhookSourceToken(NAME)],
      useFactory: (options: ParcelsOptions | undefined, webhooks: WebhookSource | undefined) =>
        webhooks && options?.list ? [new ParcelFeed(webhooks, options.list)] : [],
    },
  };
}
