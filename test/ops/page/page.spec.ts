import { eventually } from '../../child.js';
import { expect, it } from '@jest/globals';
import type { MinutesView } from '../../../lib/ops/api.types.js';
import { describePage } from './browser.js';
import { MARKUP } from './fake-fixtures.js';

const CUT_CAPTIONS = `[...document.querySelectorAll('figcaption > *')]
  .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
  .map(({ textContent }) => textContent)`;

type OfService = MinutesView['services'][number];

const inThousands = ({ source, series }: OfService): OfService => ({
  source,
  series: Object.fromEntries(
    Object.entries(series).map(([name, counts]) => [name, counts.map((count) => count * 1_234)]),
  ) as unknown as OfService['series'],
});

describePage('The operations page', (world) => {
  const views: readonly (readonly [string, string])[] = [
    ['#/', 'Needs attention'],
    ['#/events', 'pact.violated'],
    ['#/events/89999', 'Compared with the last that succeeded'],
    ['#/errors', 'LedgerError: The ledger answered 500'],
    ['#/operations', '6,204 of 10,000 changed'],
    ['#/poller', 'Asked too often'],
    ['#/audit', 'oscar'],
    ['#/no-such-view', 'There is no such view'],
  ];
  for (const [hash, text] of views) {
    it(`shows ${hash} by its URL, on a phone too, and its policy for content refuses nothing of it`, async () => {
      const { page, complaints } = await world.open(hash);
      await page.getByText(text).first().waitFor();
      await page.setViewportSize({ width: 360, height: 740 });
      const wider = 'document.documentElement.scrollWidth - innerWidth';
      expect(await page.evaluate<number>(wider)).toBe(0);
      expect(complaints).toEqual([]);
    });
  }

  it('says first what needs attention, what to do about it, and leads to the events', async () => {
    const { page } = await world.open('#/');
    const first = page.locator('.attention li').first();
    await first.getByText('Repair the cause').waitFor();
    await first.getByRole('link', { name: 'Show the events' }).click();
    await page.getByRole('heading', { name: 'Events' }).waitFor();
    expect(new URL(page.url()).hash).toBe(
      '#/events?state=dead&source=armalo&fingerprint=3fa91c0b77de',
    );
  });

  it('has a table beside the charts', async () => {
    const { page } = await world.open('#/');
    await page.getByText('The charts of armalo as a table').click();
    const table = page.getByRole('table', { name: /armalo per minute/ });
    expect(await table.getByRole('row').count()).toBe(61);
    expect(await page.locator('.service canvas').count()).toBe(14);
  });

  it('shows the captions of the charts whole, however many events and however narrow the window', async () => {
    world.api.changeOverview = (view) => ({
      ...view,
      minutes: { ...view.minutes, services: view.minutes.services.map(inThousands) },
    });
    const { page } = await world.open('#/');
    await page.locator('figcaption').first().waitFor();
    for (const width of [360, 800, 1_100, 1_280, 1_440]) {
      await page.setViewportSize({ width, height: 900 });
      expect([width, await page.evaluate<string[]>(CUT_CAPTIONS)]).toEqual([width, []]);
    }
  });

  it('keeps the filter in the URL, and fills the fields from it', async () => {
    const { page } = await world.open('#/events');
    await page.getByLabel('State').selectOption('Dead');
    await page.waitForURL(/state=dead/);
    await page.getByLabel('Id contains').fill('pact');
    await page.getByLabel('Id contains').press('Enter');
    await page.waitForURL(/text=pact&state=dead/);
    await page.getByText('Exactly 4 events').waitFor();
    await page.reload();
    // The page follows its URL a moment later.
    const shows = (label: string, wanted: string) =>
      eventually(
        () => page.getByLabel(label).inputValue(),
        (value) => value === wanted,
      );
    await shows('State', 'dead');
    await shows('Id contains', 'pact');
    await page.goBack();
    await page.waitForURL(/events\?state=dead$/);
    await shows('Id contains', '');
  });

  it('asks for every condition of the filter', async () => {
    const all =
      'text=a&state=dead&source=armox&account=b&name=c&reason=rejected&handler=TrustHandlers.freeze&' +
      'fingerprint=d&receivedSince=1000&receivedBefore=2000';
    const { page } = await world.open(`#/events?${all}`);
    await page.getByText('No event fits.').waitFor();
    expect(world.api.asked).toContain(`events?${all}`);
    await eventually(
      () => page.getByLabel('Received since').inputValue(),
      (value) => value === '1970-01-01T00:00:01',
    );
  });

  it('says whether a count is exact, and leads through the list part by part', async () => {
    const { page } = await world.open('#/events');
    await page.getByText('10,000 or more events').waitFor();
    await page.getByRole('link', { name: 'Older' }).click();
    await page.waitForURL(/after=50/);
    await page.getByRole('link', { name: 'Newest' }).click();
    await page.waitForURL(/events$/);
  });

  it('tells about an event why it is not done, before anything else', async () => {
    const { page } = await world.open('#/events/89999');
    await page.getByText('Dead: 20 attempts failed').waitFor();
    await page.getByText('Came again 2 times').waitFor();
    await page.getByText('Stack of attempt 1').click();
    await page.getByText('LedgerClient.post').first().waitFor();
    await page.getByText('12345678901234567890').first().waitFor();
    expect(await page.locator('del').first().textContent()).toContain('pact_6a02');
    expect(await page.locator('ins').first().textContent()).toContain('pact_7f31');
  });

  it('names no account where the service has only one', async () => {
    const { page } = await world.open('#/events/89999');
    const service = page
      .locator('.list dt', { hasText: 'Service' })
      .locator('xpath=following::dd[1]');
    expect(await service.textContent()).toBe('armalo');
  });

  it('downloads an event as a fixture', async () => {
    const { page } = await world.open('#/events/89999');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download as fixture' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('89999.json');
  });

  it('copies an event as cURL', async () => {
    const permissions = ['clipboard-read', 'clipboard-write'];
    const { page } = await world.open('#/events/89999', { permissions });
    await page.getByRole('button', { name: 'Copy as cURL' }).click();
    await page.getByText('Copied.').waitFor();
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toContain('curl -X POST');
  });

  for (const hash of ['#/events/89999', '#/errors', '#/audit', `#/events?text=${MARKUP}`]) {
    it(`shows markup from outside as text: ${hash.slice(0, 12)}`, async () => {
      const { page, complaints } = await world.open(hash);
      if (!hash.includes('text='))
        await page
          .getByText(/<img src=x/)
          .first()
          .waitFor();
      expect(await page.locator('main img, main b').count()).toBe(0);
      expect(await page.title()).not.toBe('owned');
      expect(complaints).toEqual([]);
    });
  }

  it('says that there is no such event', async () => {
    const { page } = await world.open('#/events/1');
    await page.getByRole('alert').getByText('There is no event 1.').waitFor();
  });
});
