import type { DataSource } from 'typeorm';
import { untilAborted } from '../core/index.js';
import { driverError } from './database.errors.js';
import type { Database } from './database.js';
import { noConnection } from './handler.transaction.errors.js';
import type { HandlerTurn } from './handler.turn.js';
import { serverPoolSizeOf, type Server } from './server.js';
import { ServerSession } from './server.session.js';

/**
 * A connection of the application's pool for a handler.
 * @param own connections of our own, from which its statements are cancelled
 * @throws EventHandlerTimeoutError where there is none before the turn ends
 */
export async function connectedSession(
  { handler, turn }: { readonly handler: string; readonly turn: HandlerTurn },
  application: DataSource,
  own: Database,
  server: Server,
): Promise<ServerSession> {
  const { signal, connecting } = turn;
  const runner = application.createQueryRunner('master');
  const connected = runner.connect();
  try {
    const connection: unknown = await connecting(() => untilAborted(connected, signal));
    return new ServerSession(runner, connection, server, own);
  } catch (error) {
    // One that comes late is sound, and goes back as it came.
    connected.then(() => runner.release()).catch(driverError);
    throw signal.aborted ? noConnection(handler, serverPoolSizeOf(application)) : error;
  }
}
