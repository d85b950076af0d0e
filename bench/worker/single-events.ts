import { once, EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import { Inbox, OnArmaloEvent } from 'nestjs-armox-armalo';
import type { AnyArmaloEvent, SourceEvent } from 'nestjs-armox-armalo';
import type { DatabaseKind } from '../../test/databases.js';
import { benchApp } from './bench.app.js';
import { newRow } from './rows.js';

const called = new EventEmitter();

@Injectable()
class Handlers {
  @OnArmaloEvent()
  handle(_event: AnyArmaloEvent): void {
    called.emit('event');
  }
}

/** Milliseconds from the commit of an event to its handler, one event at a time. */
export async function singleEvents(
  kind: DatabaseKind,
  count: number,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const database = await kind.create();
  const worker = await benchApp(database.options, {}, Handlers);
  await worker.init();
  const receiver = await benchApp(database.options, false);
  await receiver.init();
  try {
    const own = await waits(worker.get(Inbox), 0, count);
    if (kind.name !== 'postgres') return { 'stored by the same process': own };
    return {
      'stored by the same process': own,
      'stored by another one (LISTEN/NOTIFY)': await waits(receiver.get(Inbox), count, count),
    };
  } finally {
    await receiver.close();
    await worker.close();
    await database.drop();
  }
}

async function waits(inbox: Inbox, from: number, count: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (let number = from; number < from + count; number += 1) {
    const handled = once(called, 'event').then(() => performance.now());
    await inbox.accept(eventOf(number), 'webhook');
    const committed = performance.now();
    // The handler may have been called before the promise of the commit was.
    found.push(Math.max(0, (await handled) - committed));
  }
  return found;
}

function eventOf(number: number): SourceEvent {
  const { source, account, eventId: id, name, body } = newRow(number);
  return { source, account, id, name, body, payload: JSON.parse(body.toString()), problems: [] };
}
