/** The value of `messaging.system`. */
export const SYSTEM = 'armox_armalo';

export const ATTRIBUTES = {
  system: 'messaging.system',
  operation: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  consumerGroup: 'messaging.consumer.group.name',
  messageId: 'messaging.message.id',
  batchSize: 'messaging.batch.message_count',
  errorType: 'error.type',
  status: 'http.response.status_code',
  source: 'armox_armalo.source',
  event: 'armox_armalo.event.name',
  eventId: 'armox_armalo.event.id',
  origin: 'armox_armalo.origin',
  attempt: 'armox_armalo.attempt',
  outcome: 'armox_armalo.outcome',
  reason: 'armox_armalo.reason',
  state: 'armox_armalo.state',
  feed: 'armox_armalo.feed',
} as const;
