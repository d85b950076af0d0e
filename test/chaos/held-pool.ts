import type { DataSource, QueryRunner } from 'typeorm';

/** @returns takes every connection of the application's pool (`true`), or lets them go */
export function heldPool(dataSource: DataSource, size: number): (hold: boolean) => Promise<void> {
  let held: QueryRunner[] = [];
  return async (hold) => {
    if (hold) {
      held = Array.from({ length: size }, () => dataSource.createQueryRunner());
      await Promise.all(held.map((runner) => runner.connect()));
    } else {
      await Promise.all(held.map((runner) => runner.release()));
      held = [];
    }
  };
}
