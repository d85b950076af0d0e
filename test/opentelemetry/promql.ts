import { ATTRIBUTES } from '../../lib/opentelemetry/attributes.js';
import { METRICS, type MetricDefinition } from '../../lib/opentelemetry/metric.definitions.js';

const underscored = (name: string): string => name.replaceAll(/[^a-zA-Z0-9]/g, '_');

const ENDINGS: Readonly<Record<MetricDefinition['kind'], readonly string[]>> = {
  counter: ['_total'],
  histogram: ['_bucket', '_count', '_sum'],
  'observed gauge': [''],
};

/** The series of METRICS as Prometheus is told of them. */
export const EXPORTED: ReadonlySet<string> = new Set(
  Object.values(METRICS).flatMap(({ name, kind }) =>
    ENDINGS[kind].map((ending) => `${underscored(name)}${ending}`),
  ),
);

/** What they may be told apart by. */
export const LABELS: ReadonlySet<string> = new Set([
  ...Object.values(ATTRIBUTES).map(underscored),
  ...['job', 'instance', 'le', '__name__'],
]);

const MATCHERS = /\{([^{}]*)\}/g;
const GROUPED = /\b(?:by|on|without)\s*\(([^()]*)\)/g;

/** The names of the metrics that an expression asks for; units in them are left to the exporter. */
export function metricsIn(expression: string): readonly string[] {
  return expression
    .replaceAll(/\{__name__=~"([^"]*)"[^{}]*\}/g, ' $1 ')
    .replaceAll('(_seconds)?', '')
    .replaceAll(MATCHERS, '')
    .replaceAll(GROUPED, '')
    .split(/[^a-z_]+/)
    .filter((word) => /^(?:armox_armalo|messaging)_/.test(word));
}

/** The labels that it filters or groups by. */
export function labelsIn(expression: string): readonly string[] {
  const filtered = [...expression.matchAll(MATCHERS)].flatMap(([, matchers = '']) =>
    [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  );
  const grouped = [...expression.matchAll(GROUPED)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
  return [...filtered, ...grouped];
}
