import { readId, readNumber, readObject, readText } from '../../../api-client/index.js';
import type { ApiAnswer, JsonRecord } from '../../../api-client/index.js';
import type { ArmaloScore, ArmaloScoreHistoryEntry, ArmaloWebhook } from './armalo.api-types.js';

/** An entry with its id, under `id` or the key that names its kind (`evalId`). */
export function readResource<T extends { readonly id: string }>(
  item: JsonRecord,
  idKey: string,
): T | undefined {
  const id = readId(item['id']) ?? readId(item[idKey]);
  // Which fields there are is the service's promise; only the id is needed to go on.
  return id === undefined ? undefined : ({ ...item, id } as unknown as T);
}

/** One resource of an answer, bare or wrapped under its kind or `data`. */
export function readSingle<T extends { readonly id: string }>(answer: ApiAnswer, kind: string): T {
  const idKey = `${kind}Id`;
  const found = readObject(answer.body, [kind], (body) => readResource(body, idKey) !== undefined);
  const resource = found && readResource<T>(found, idKey);
  if (!resource) throw answer.unusable(`Its body holds no ${kind} with an id.`);
  return resource;
}

/** `compositeScore`, in older texts `composite`. */
export function readScore(answer: ApiAnswer, agentId: string): ArmaloScore {
  const found = readObject(answer.body, ['score'], looksLikeScore);
  if (!found) throw answer.unusable('Its body holds no score.');
  return {
    ...found,
    agentId: readId(found['agentId']) ?? agentId,
    compositeScore: compositeOf(found),
    certificationTier: readText(found['certificationTier']) ?? null,
  };
}

export function readHistoryEntry(item: JsonRecord): ArmaloScoreHistoryEntry {
  const createdAt = item['createdAt'] ?? item['computedAt'] ?? item['timestamp'];
  return {
    ...item,
    compositeScore: compositeOf(item),
    createdAt: readText(createdAt) ?? null,
  };
}

/** `isActive`, in an older text `status: "active"`. */
export function readWebhook(item: JsonRecord): ArmaloWebhook | undefined {
  const id = readId(item['id']) ?? readId(item['webhookId']);
  const url = readText(item['url']);
  if (id === undefined || url === undefined) return undefined;
  const events = Array.isArray(item['events']) ? item['events'] : [];
  const { isActive, status } = item;
  return {
    ...item,
    id,
    url,
    events: events.filter((event) => typeof event === 'string'),
    // Where it says nothing at all, nothing speaks against it.
    isActive:
      typeof isActive === 'boolean' ? isActive : status === undefined || status === 'active',
  };
}

function compositeOf(item: JsonRecord): number | null {
  return readNumber(item['compositeScore']) ?? readNumber(item['composite']) ?? null;
}

function looksLikeScore(body: JsonRecord): boolean {
  return 'compositeScore' in body || 'composite' in body || 'certificationTier' in body;
}
