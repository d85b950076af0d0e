import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { Child, eventually } from '../child.js';
import { MarkdownFile } from '../docs/markdown.js';
import { EXPORTED, LABELS, labelsIn, metricsIn } from './promql.js';
import { itWithPromtool, promtool } from './promtool.js';

const FOLDER = 'docs/grafana';
const TESTS = ['alerts.test.yml', 'alerts.week.test.yml'];

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const text = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const { groups } = parse(text('alerts.yml')) as { groups: readonly { rules: readonly Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const dashboard = JSON.parse(text('dashboard.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
};
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'armox-armalo-grafana-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe('The alert rules', () => {
  itWithPromtool('fire when they should, and never in a quiet, healthy hour', () => {
    const { status, output } = promtool([
      'test',
      'rules',
      ...TESTS.map((name) => join(FOLDER, name)),
    ]);
    expect([status, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });

  itWithPromtool('do so too where the exporter writes units into names', () => {
    inFolder('alerts.yml', text('alerts.yml'));
    const timed = /armox_armalo_(?:backlog_age|reconcile_age|event_wait_duration)/g;
    const [minutes = ''] = TESTS;
    const units = inFolder(minutes, text(minutes).replaceAll(timed, '$&_seconds'));
    const { status, output } = promtool(['test', 'rules', units]);
    expect([status, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });

  it('are each tested to fire', () => {
    const tested = TESTS.map(text).join('\n');
    const untested = alerts.filter(({ alert }) => !tested.includes(`alertname="${alert}"`));
    expect(untested).toEqual([]);
  });

  it('each say how urgent it is, what it means, what to do, and where that is written', () => {
    for (const { alert, labels, annotations } of alerts) {
      expect([alert, labels.severity]).toEqual([
        alert,
        expect.stringMatching(/^(critical|warning)$/),
      ]);
      expect(annotations).toEqual({
        summary: expect.stringMatching(/\.$/) as string,
        description: expect.stringMatching(/\.$/) as string,
        runbook_url: expect.stringMatching(/\.md#/) as string,
      });
      const [path = '', anchor = ''] = annotations.runbook_url.split('#');
      expect([...new MarkdownFile(path).anchors()]).toContain(anchor);
    }
  });

  it('are those of the table in docs/observability.md', () => {
    const { rows } = new MarkdownFile('docs/observability.md').table('alert');
    expect(rows.map(({ cells: [alert, severity, lasting] }) => [alert, severity, lasting])).toEqual(
      alerts.map((rule) => {
        const [, anchor = ''] = rule.annotations.runbook_url.split('#');
        return [`[\`${rule.alert}\`](#${anchor})`, rule.labels.severity, rule.for ?? '-'];
      }),
    );
  });
});

describe('The dashboard', () => {
  it('has panels with a title, a description and a unit each, which ask the data source that is chosen', () => {
    for (const { title = '', description, fieldConfig, datasource, targets = [] } of panels) {
      expect([title, description, fieldConfig?.defaults.unit, datasource?.uid]).toEqual([
        expect.stringMatching(/\S/),
        expect.stringMatching(/\.$/),
        expect.stringMatching(/\S/),
        '${datasource}',
      ]);
      expect([title, targets.length > 0, targets.every((each) => each.legendFormat)]).toEqual([
        title,
        true,
        true,
      ]);
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  it('uses no variable that it does not have', () => {
    const own = new Set(dashboard.templating.list.map(({ name }) => name));
    const used = [...text('dashboard.json').matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name);
    expect(used.filter((name = '') => !own.has(name))).toEqual([]);
  });

  itWithPromtool('asks in PromQL', () => {
    const rules = queries.map((expr, at) => ({
      record: `query:${at}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    const file = inFolder('queries.yml', stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(promtool(['check', 'rules', file])).toMatchObject({ status: 0 });
  });
});

describe('The metrics of the sample app', () => {
  let app: Child;
  let exposed: string;

  beforeAll(async () => {
    app = Child.node(['dist-sample/main.js'], {
      ...{ PORT: '0', DATABASE_URL: `sqlite:${join(folder, 'sample.sqlite')}` },
      OTEL_SERVICE_NAME: 'sample',
    });
    const [, url = ''] = await app.says(/Listening on (http:\/\/\S+)/);
    const read = async () => (await fetch(`${url}/metrics`)).text();
    exposed = await eventually(read, (body) =>
      /^armox_armalo_event_settled_total\{.*\} [1-9]/m.test(body),
    );
  }, 60_000);

  afterAll(() => app?.stop());

  itWithPromtool('can be read by Prometheus, whose one objection is known', () => {
    expect(promtool(['check', 'metrics'], exposed)).toEqual({
      // Of what it read, it finds that wanting; it would be 1 if it could not read it.
      status: 3,
      output:
        'armox_armalo_event_count non-histogram and non-summary metrics should not have "_count" suffix\n',
    });
  });

  it('have the names that the dashboard and the alert rules ask for', () => {
    const seen = [...exposed.matchAll(/^((?:armox_armalo|messaging)_\w+)\{/gm)];
    const names = new Set(seen.map(([, name = '']) => name));
    expect([...names].filter((name) => !EXPORTED.has(name))).toEqual([]);
    expect(names.size).toBeGreaterThan(15);
    const asked = [...queries, ...alerts.map(({ expr }) => expr)];
    for (const query of asked) expect([query, metricsIn(query).length > 0]).toEqual([query, true]);
    expect(asked.flatMap(metricsIn).filter((name) => !EXPORTED.has(name))).toEqual([]);
    expect(asked.flatMap(labelsIn).filter((label) => !LABELS.has(label))).toEqual([]);
  });
});
