import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { METRICS } from '../../lib/opentelemetry/metric.definitions.js';

it('docs/observability.md has each metric with its kind, unit and description, and no other', () => {
  const rows = readFileSync('docs/observability.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(rows).toEqual(
    Object.values(METRICS).map(({ name, kind, unit, description }) => [
      `\`${name}\``,
      kind,
      unit,
      description,
    ]),
  );
});
