import type { DataSource, QueryRunner } from 'typeorm';
import { systemTimers } from '../core/index.js';
import { driverError } from './database.errors.js';

/** Tells the DataSource's logger of statements that go past TypeORM, as TypeORM would. */
export class StatementLog {
  /** Milliseconds. */
  private readonly slow: number;

  constructor(private readonly dataSource: DataSource) {
    // 0 is TypeORM's word for "never".
    this.slow = dataSource.options.maxQueryExecutionTime || Infinity;
  }

  async around<Answer>(
    text: string,
    runner: QueryRunner,
    run: () => Promise<Answer>,
  ): Promise<Answer> {
    const { logger } = this.dataSource;
    logger.logQuery(text, undefined, runner);
    const began = systemTimers.now();
    try {
      return await run();
    } catch (error) {
      logger.logQueryError(driverError(error), text, undefined, runner);
      throw error;
    } finally {
      const took = systemTimers.now() - began;
      if (took > this.slow) logger.logQuerySlow(took, text, undefined, runner);
    }
  }
}
