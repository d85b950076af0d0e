import type { Logger, QueryRunner } from 'typeorm';

/**
 * The application's TypeORM logger without our values: with `logging` on it would write the events'
 * payloads into the log.
 */
export class PayloadFreeLogger implements Logger {
  constructor(private readonly application: Logger) {}

  logQuery(query: string, _parameters?: unknown, runner?: QueryRunner): void {
    this.application.logQuery(query, undefined, runner);
  }

  logQueryError(
    error: string | Error,
    query: string,
    _values?: unknown,
    runner?: QueryRunner,
  ): void {
    const text = error instanceof Error ? error.message : error;
    this.application.logQueryError(text, query, undefined, runner);
  }

  logQuerySlow(time: number, query: string, _parameters?: unknown, runner?: QueryRunner): void {
    this.application.logQuerySlow(time, query, undefined, runner);
  }

  logSchemaBuild(message: string, runner?: QueryRunner): void {
    this.application.logSchemaBuild(message, runner);
  }

  logMigration(message: string, runner?: QueryRunner): void {
    this.application.logMigration(message, runner);
  }

  log(level: 'log' | 'info' | 'warn', message: unknown, runner?: QueryRunner): void {
    this.application.log(level, message, runner);
  }
}
