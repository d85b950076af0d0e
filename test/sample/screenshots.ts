// `npm run screenshots`: the pictures of the operations page in docs/images, of the sample app with a day behind it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import type { EventsView } from '../../lib/ops/api.types.js';
import { launchChromium } from '../ops/page/chromium.js';
import { Demo } from './demo.js';
import type { OpsStage } from './ops-stage.js';

const FOLDER = join('docs', 'images');
const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 360, height: 740 } };

/** A view by the name of its picture, its place in the page, and what it shows once it is there. */
type View = readonly [name: string, hash: string, text: string];

const folder = mkdtempSync(join(tmpdir(), 'armox-armalo-'));
const stage = await Demo.start(`sqlite:${join(folder, 'demo.sqlite')}`);
// Without colours at the edges of letters, which depend on the screen and make pictures large.
const browser = await launchChromium('--disable-lcd-text');
try {
  mkdirSync(FOLDER, { recursive: true });
  const { events } = await stage
    .api('operator')
    .get<EventsView>('events?state=dead&name=pact.violated');
  const views: readonly View[] = [
    ['overview', '#/', 'Needs attention'],
    ['events', '#/events', 'score.changed'],
    ['event', `#/events/${events[0]?.id}`, 'Compared with'],
    ['errors', '#/errors', 'LedgerError'],
    ['audit', '#/audit', 'olga'],
  ];
  // While its last round is the one that has found something.
  const poller: View = ['poller', '#/poller', 'The next round'];
  await take([poller], 'desktop', DESKTOP);
  await take([poller], 'phone', PHONE);
  await take(views, 'desktop', DESKTOP);
  await take(views, 'phone', PHONE);
  await take(views.slice(0, 1), 'dark', { ...DESKTOP, colorScheme: 'dark' });
  await startRamp(stage);
  const operations: readonly View[] = [['operations', '#/operations', '11 of ']];
  await take(operations, 'desktop', DESKTOP);
  await take(operations, 'phone', PHONE);
  makeSmall();
} finally {
  await browser.close();
  await stage.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function take(views: readonly View[], kind: string, options: BrowserContextOptions) {
  const httpCredentials = stage.credentials('operator');
  const context = await browser.newContext({ ...options, httpCredentials });
  const page = await context.newPage();
  for (const [name, hash, text] of views) {
    // Each as one finds it who has just come: nothing has the focus.
    await page.goto('about:blank');
    await page.goto(`${stage.url}/ops/${hash}`);
    await page.locator('main').getByText(text).first().waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.screenshot({ path: join(FOLDER, `${name}-${kind}.png`) });
  }
  await context.close();
}

/** A few dozen colours will do, where there is the tool for it. */
function makeSmall(): void {
  const pictures = readdirSync(FOLDER).map((name) => join(FOLDER, name));
  const { error } = spawnSync('pngquant', ['--force', '--ext', '.png', '128', ...pictures]);
  if (error) console.warn('Without pngquant the pictures are larger than they need be.');
}

/** The ledger is mended, and takes one entry: the ramp is at its second stage. */
async function startRamp({ outside }: OpsStage): Promise<void> {
  outside.letLedgerTake(1);
  const filter = { state: 'dead', source: 'armalo', name: 'escrow.released' };
  await stage.api('operator').post('operations', { action: 'replay', filter, pace: 'ramp' });
}
