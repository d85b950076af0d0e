import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';

/** SQLSTATEs: no such prepared statement, one that is there already, one whose rows have other types by now. */
export const LOST_STATEMENTS: ReadonlySet<string> = new Set(['26000', '42P05', '0A000']);

/** More than are in use; a server keeps each of them on every connection. */
const MOST = 100;

/** Under which names statements are kept parsed, for as long as that can be relied upon. */
export class PreparedStatements {
  private readonly logger = new Logger('ArmoxArmaloInbox');
  private readonly names = new Map<string, string>();
  private given = true;

  /** @returns undefined where the statement is to be sent as it is */
  nameOf(text: string): string | undefined {
    if (!this.given) return undefined;
    const known = this.names.get(text);
    if (known !== undefined || this.names.size >= MOST) return known;
    const name = `armox_armalo_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    this.names.set(text, name);
    return name;
  }

  /** From now on there are none. @param found what tells that they cannot be relied upon */
  giveUp(found: string): void {
    if (!this.given) return;
    this.given = false;
    this.logger.warn(
      `The inbox goes on without prepared statements until this process ends: ${found}. ` +
        'Nothing is lost: a statement that was concerned is sent again. It only costs the database some time to read each statement anew.',
    );
  }
}
