import { pactViolated } from '../samples.js';

/** The application's own table, which handlers write to: one row a counter. */
const ROWS = 1_000;
const FIRST_ROWS = Array.from({ length: ROWS }, (_, id) => `(${id}, 0)`).join(', ');

/** For every database alike. */
export const CREATE_EFFECTS = [
  'CREATE TABLE bench_effect (id int PRIMARY KEY, n int NOT NULL)',
  `INSERT INTO bench_effect (id, n) VALUES ${FIRST_ROWS}`,
] as const;

export const SUM_OF_EFFECTS = 'SELECT sum(n) AS sum FROM bench_effect';

export interface EffectData {
  readonly pactId?: string;
}

/** The row that an event counts in: its number modulo 1,000. */
export const effectRow = ({ pactId = '' }: EffectData): number =>
  Number(pactId.slice(pactId.indexOf('_') + 1)) % ROWS;

export const effectOf = (data: EffectData): string =>
  `UPDATE bench_effect SET n = n + 1 WHERE id = ${effectRow(data)}`;

/** What a queue gets as the data of a job: the very event that the module has in its inbox. */
export const jobData = (number: number): { readonly data: EffectData } =>
  pactViolated(number) as { readonly data: EffectData };
