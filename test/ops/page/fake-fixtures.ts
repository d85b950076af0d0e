import type {
  AuditView,
  DryRunView,
  ErrorsView,
  EventRowView,
  EventStateView,
  EventView,
  MinuteSeries,
  OperationView,
  OverviewView,
  PollerView,
  WatchedView,
} from '../../../lib/ops/api.types.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What the page must never take for markup. */
export const MARKUP = '<img src=x onerror="document.title=\'owned\'"><b>bold</b>';

const NAMES = ['pact.violated', 'score.updated', 'job.completed', 'escrow.released'];
const STATES: readonly EventStateView[] = [
  'dead',
  'done',
  'done',
  'open',
  'done',
  'waiting',
  'done',
  'running',
  'ignored',
  'done',
];

const REASONS: Partial<Record<EventStateView, string>> = {
  dead: 'attempts-used-up',
  ignored: 'no-handler',
};

const ERROR = 'LedgerError: The ledger answered 500 for entry 8812.';
const STACK = [
  ERROR,
  '    at LedgerClient.post (/app/dist/ledger/ledger.client.js:41:13)',
  '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
  '    at async MoneyHandlers.book (/app/dist/money/money.handlers.js:22:5)',
].join('\n');

/** Row `1` is the newest. */
export function eventRow(index: number, now: number): EventRowView {
  const state = STATES[(index - 1) % STATES.length] as EventStateView;
  const name = NAMES[(index - 1) % NAMES.length] as string;
  const receivedAt = now - index * index * 17_000;
  const hasFailed = state === 'dead' || state === 'open';
  return {
    id: String(90_000 - index),
    eventId: `${name}:evt_${(index * 7_919).toString(36)}f3a9c`,
    source: name.startsWith('job') ? 'armox' : 'armalo',
    account: 'default',
    name,
    state,
    reason: REASONS[state] ?? null,
    error: hasFailed ? ERROR : null,
    attempts: state === 'dead' ? 20 : hasFailed ? 3 : state === 'waiting' ? 0 : 1,
    receivedAt,
    dueAt: state === 'open' ? now + 14 * MINUTE : receivedAt,
    finishedAt: ['dead', 'done', 'ignored'].includes(state)
      ? receivedAt + (state === 'dead' ? 16_000 : 900)
      : null,
  };
}

const PAYLOAD = `{
  "event": "pact.violated",
  "timestamp": "2026-11-28T12:58:01.120Z",
  "data": {
    "pactId": "pact_7f31",
    "agentId": "agent_22",
    "stake": 12345678901234567890,
    "condition": {
      "type": "latency",
      "severity": "critical",
      "limit": 250
    },
    "evidence": [
      "probe-1",
      "probe-2",
      "probe-3"
    ],
    "note": ${JSON.stringify(MARKUP)},
    "token": "•••"
  }
}`;

const HEADLINES: Readonly<Record<EventStateView, string>> = {
  dead: 'Dead: 20 attempts failed, the last one with: LedgerError: The ledger answered 500 for entry 8812.',
  open: 'Pending: 3 attempts failed; due at 2026-11-28 13:18:22.000 UTC; the last error was: LedgerError: The ledger answered 500 for entry 8812.',
  waiting:
    'Waits behind event job.completed:evt_611 of the same ordering key, which failed 4 attempts.',
  running: 'Running now, its 1st attempt.',
  done: 'Done: every handler has succeeded, after 1 attempt.',
  ignored: 'Ignored: there is no handler for escrow.released.',
};

export function eventView(row: EventRowView): EventView {
  const hasFailed = row.error !== null;
  return {
    ...row,
    headline: HEADLINES[row.state],
    origin: 'webhook',
    occurredAt: row.receivedAt - 1_400,
    orderKey: 'agent_22',
    lastError: hasFailed ? STACK : null,
    fingerprint: hasFailed ? '3fa91c0b77de' : null,
    release: '2.4.1',
    redeliveries: { count: 2, lastAt: row.receivedAt + 40_000 },
    attemptsMade: hasFailed
      ? [1, 2, 3].map((attempt) => ({
          attempt,
          handler: 'MoneyHandlers.book',
          error: STACK,
          at: row.receivedAt + attempt * 5_000,
          duration: 812 * attempt,
          release: '2.14.0',
        }))
      : [],
    handlers: [
      { name: 'TrustHandlers.freeze', state: 'done', transactional: true },
      { name: 'MoneyHandlers.book', state: 'open', transactional: false },
      { name: 'AuditHandlers.write', state: 'absent', transactional: false },
    ],
    payload: PAYLOAD,
    payloadBytes: 612,
    curl: `curl -X POST "$APP/webhooks/${row.source}" \\\n  -H 'Content-Type: application/json' \\\n  --data '{"event":"${row.name}"}'`,
    notes: [
      { at: row.receivedAt + 16_500, by: 'olga', text: 'The ledger is being repaired: INC-221.' },
    ],
    lastDone: {
      id: '80001',
      payload: PAYLOAD.replace('"critical"', '"minor"').replace('pact_7f31', 'pact_6a02'),
    },
  };
}

export function overviewView(now: number): OverviewView {
  const counted = (count: number, more = false) => ({ count, more });
  return {
    now,
    database: 'up',
    attention: [
      {
        kind: 'dead',
        urgent: true,
        title: '412 events of armalo died of one error: LedgerError: The ledger answered 500.',
        advice: 'Repair the cause, then replay the group as a ramp under “Errors”.',
        filter: { state: 'dead', source: 'armalo', fingerprint: '3fa91c0b77de' },
      },
      {
        kind: 'silent-webhook',
        urgent: false,
        title: 'No webhook of armox for 42 min, where one every 20 s is usual.',
        advice: 'Look at the webhook’s settings at the service, and whether it reaches this host.',
        filter: null,
      },
      {
        kind: 'repaired',
        urgent: false,
        title: 'Of the latest events of armox, 8 % were found by the poller only.',
        advice: 'Webhooks are lost on their way; look at what answers them.',
        filter: null,
      },
    ],
    services: [
      {
        source: 'armalo',
        counts: {
          dead: counted(412),
          open: counted(1_204),
          waiting: counted(37),
          running: counted(16),
          done: counted(10_000, true),
          ignored: counted(88),
        },
        oldestDue: 4 * MINUTE + 12_000,
        handlerTime: { p50: 12, p95: 1_830 },
        lastWebhookAge: 2_100,
        usualGap: 1_300,
        repairedShare: 0.002,
        nextPollAt: now + 41_000,
      },
      {
        source: 'armox',
        counts: {
          dead: counted(0),
          open: counted(0),
          waiting: counted(0),
          running: counted(0),
          done: counted(10_000, true),
          ignored: counted(3),
        },
        oldestDue: null,
        handlerTime: null,
        lastWebhookAge: 42 * MINUTE,
        usualGap: 20_000,
        repairedShare: 0.08,
        nextPollAt: null,
      },
    ],
    minutes: {
      minutes: Array.from({ length: 60 }, (_, index) => minuteOf(now) - (59 - index) * MINUTE),
      services: [
        { source: 'armalo', series: series(40) },
        { source: 'armox', series: series(6) },
      ],
    },
  };
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE) * MINUTE;

/** A rhythm that is the same each time. */
function series(most: number): Record<MinuteSeries, readonly number[]> {
  const wave = (share: number, phase: number): readonly number[] =>
    Array.from({ length: 60 }, (_, index) =>
      Math.max(0, Math.round(most * share * (0.7 + 0.3 * Math.sin(index / 5 + phase)) - phase)),
    );
  const burst = (from: number, height: number): readonly number[] =>
    Array.from({ length: 60 }, (_, index) => (index >= from ? Math.round(most * height) : 0));
  return {
    received: wave(1, 0),
    duplicate: wave(0.1, 1),
    handled: wave(0.92, 0.2),
    retried: burst(44, 0.3),
    dead: burst(52, 0.12),
    ignored: wave(0.05, 0.5),
    refused: burst(60, 0),
  };
}

export const errorsView = (now: number): ErrorsView => ({
  groups: [
    {
      fingerprint: '3fa91c0b77de',
      source: 'armalo',
      name: 'escrow.released',
      reason: 'attempts-used-up',
      error: STACK,
      count: 412,
      firstAt: now - 3 * HOUR,
      lastAt: now - 2 * MINUTE,
      latestId: '89999',
    },
    {
      fingerprint: '81b0aa427710',
      source: 'armox',
      name: 'job.completed',
      reason: 'invalid-payload',
      error: `job.output must be an object, not ${MARKUP}`,
      count: 1,
      firstAt: now - 26 * HOUR,
      lastAt: now - 26 * HOUR,
      latestId: '80412',
    },
  ],
  more: false,
});

export const operationViews = (now: number): readonly OperationView[] => [
  operationView(now, { id: 'op-3', state: 'running', changed: 6_204, passedOver: 12 }),
  operationView(now, { id: 'op-2', state: 'paused', pace: 'ramp', total: 412, changed: 11 }),
  operationView(now, {
    id: 'op-1',
    state: 'halted',
    pace: 'ramp',
    total: 50,
    changed: 1,
    endedAt: now - HOUR,
    note: 'Event 89999 failed again: LedgerError: The ledger answered 500 for entry 8812.',
  }),
  operationView(now, {
    id: 'op-0',
    action: 'discard',
    state: 'done',
    total: 1_250,
    changed: 1_250,
    startedAt: now - 23 * HOUR,
    endedAt: now - 20 * HOUR,
  }),
];

export const operationView = (now: number, its: Partial<OperationView>): OperationView => ({
  id: 'op-4',
  action: 'replay',
  filter: { state: 'dead', source: 'armalo', fingerprint: '3fa91c0b77de' },
  pace: 'all',
  by: 'olga',
  startedAt: now - 2 * HOUR,
  endedAt: null,
  state: 'running',
  total: 10_000,
  changed: 0,
  passedOver: 0,
  note: null,
  ...its,
});

export const dryRunView: DryRunView = {
  problem: null,
  handlers: [
    {
      name: 'TrustHandlers.freeze',
      outcome: 'would-succeed',
      error: null,
      statements: [
        {
          sql: 'INSERT INTO "agent" ("id", "frozen") VALUES ($1, $2)',
          parameters: ['agent_22', 'true'],
        },
      ],
      statementsLeftOut: 0,
    },
    {
      name: 'MoneyHandlers.book',
      outcome: 'refused',
      error: 'It is not transactional, so what it does could not be taken back.',
      statements: [],
      statementsLeftOut: 0,
    },
    {
      name: 'AuditHandlers.write',
      outcome: 'would-fail',
      error: STACK,
      statements: [],
      statementsLeftOut: 0,
    },
  ],
};

export const pollerView = (now: number): PollerView => ({
  polls: true,
  nextPollAt: now + 41_000,
  feeds: [
    feed(now, 'jobs', 'armox', 'done', 118, 9),
    feed(now, 'scores', 'armalo', 'rate-limited', 0, 0),
    feed(now, 'escrows', 'armalo', 'failed', 0, 0),
    feed(now, 'pacts', 'armalo', 'elsewhere', 12, 0),
  ],
});

export const watchedView = (now: number): WatchedView => ({
  feeds: [
    { feed: 'jobs', source: 'armox', account: 'default', subjects: [], more: false },
    {
      ...{ feed: 'scores', source: 'armalo', account: 'default', more: true },
      subjects: [
        { id: 'atlas-7', state: '812', dueAt: now + 9_000, misses: 0 },
        { id: 'an_agent_that_nobody_has_ever_seen', state: null, dueAt: now + 52_000, misses: 3 },
      ],
    },
  ],
});

const feed = (
  now: number,
  name: string,
  source: string,
  outcome: PollerView['feeds'][number]['outcome'],
  found: number,
  repaired: number,
): PollerView['feeds'][number] => ({
  feed: name,
  source,
  account: 'default',
  lastAt: now - 20_000,
  outcome,
  found,
  repaired,
});

export const auditView = (now: number, after: string | null): AuditView => ({
  entries: [
    {
      id: after === null ? '7' : '3',
      at: now - 2 * MINUTE,
      by: 'olga',
      action: 'replay',
      about: 'Dead events of armalo with the error 3fa91c0b77de, as a ramp',
      events: 412,
    },
    {
      id: after === null ? '6' : '2',
      at: now - HOUR,
      by: 'oscar',
      action: 'discard',
      about: `Event 89123 of armalo: ${MARKUP}`,
      events: 1,
    },
  ],
  next: after === null ? '6' : null,
});
