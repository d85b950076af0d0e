import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { axeFindings, describePage } from './browser.js';

const focused = (page: Page): Promise<string> =>
  page.evaluate<string>('document.activeElement.textContent.trim()');

describePage('The operations page, for everybody', (world) => {
  const views: readonly (readonly [string, string])[] = [
    ['#/', 'Needs attention'],
    ['#/events', 'pact.violated'],
    ['#/events?state=dead&reason=attempts-used-up', 'Exactly'],
    ['#/events/89999', 'Compared with'],
    ['#/events/89994', 'Waits behind'],
    ['#/errors', 'LedgerError'],
    ['#/operations', '6,204 of'],
    ['#/poller', 'Asked too often'],
    ['#/audit', 'oscar'],
  ];
  for (const [hash, text] of views) {
    it(`has nothing that axe finds amiss at ${hash}, light and dark`, async () => {
      const { page } = await world.open(hash);
      await page.getByText(text).first().waitFor();
      await page.evaluate('document.querySelectorAll("details").forEach((d) => (d.open = true))');
      expect(await axeFindings(page)).toEqual([]);
    });
  }

  it(`has nothing that axe finds amiss in its dialogs, banners and messages, light and dark`, async () => {
    const { page } = await world.open('#/events?state=dead');
    await page.getByRole('button', { name: 'Replay all that fit' }).click();
    await page.getByText('The newest 7').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.goto(`${world.api.url}#/events/89999`);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByText('INSERT INTO').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    world.api.isDatabaseAway = true;
    world.api.tell();
    await page.getByText('The database is away.').waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });

  it('has nothing that axe finds amiss for viewers, on a phone', async () => {
    world.api.role = 'view';
    const { page } = await world.open('#/events/89999', { viewport: { width: 360, height: 740 } });
    await page.getByText('Compared with').waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });

  it('leads to the heading of a view that one goes to, and names it in the title', async () => {
    const { page } = await world.open('#/');
    await page.getByRole('link', { name: 'Errors' }).click();
    await page.waitForFunction('document.activeElement.tagName === "H1"');
    expect(await focused(page)).toBe('Errors');
    expect(await page.title()).toBe('Errors · Webhook operations');
  });

  it('leads to the search field by /, from any view', async () => {
    const { page } = await world.open('#/audit');
    await page.keyboard.press('/');
    await page.waitForFunction('document.activeElement.type === "search"');
    await page.keyboard.type('/?jr');
    expect(await page.getByLabel('Id contains').inputValue()).toBe('/?jr');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('moves among the rows by j and k, and opens one by Enter', async () => {
    const { page } = await world.open('#/events');
    await page.getByText('pact.violated').first().waitFor();
    await page.keyboard.press('j');
    expect(await focused(page)).toBe('pact.violated');
    await page.keyboard.press('j');
    expect(await focused(page)).toBe('score.updated');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'pact.violated' }).waitFor();
    expect(page.url()).toContain('#/events/89999');
  });

  it('asks by r whether to replay the row that one is at, or the event that one looks at', async () => {
    const { page } = await world.open('#/events');
    await page.getByText('pact.violated').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('r');
    await page.getByRole('dialog', { name: 'Replay 1 event?' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await focused(page)).toBe('pact.violated');
    await page.keyboard.press('Enter');
    await page.getByText('Compared with').waitFor();
    await page.keyboard.press('r');
    await page.getByRole('dialog', { name: 'Replay 1 event?' }).waitFor();
  });

  it('does nothing by r for viewers', async () => {
    world.api.role = 'view';
    const { page } = await world.open('#/events/89999');
    await page.getByText('Compared with').waitFor();
    await page.keyboard.press('r');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('skips to the content by the first stop of the keyboard', async () => {
    const { page } = await world.open('#/errors');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('Errors');
  });
});
