import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describePage } from './browser.js';

describePage('What the operations page does', (world) => {
  const posted = () => world.api.posted;
  const press = (page: Page, name: string | RegExp): Promise<void> =>
    page.getByRole('button', { name }).click();
  const inDialog = (page: Page, name: string | RegExp): Promise<void> =>
    page.getByRole('dialog').getByRole('button', { name }).click();

  it('asks before it replays an event, and then runs only what has not succeeded', async () => {
    const { page } = await world.open('#/events/89999');
    await press(page, 'Replay');
    await page.getByRole('dialog', { name: 'Replay 1 event?' }).waitFor();
    expect(posted()).toEqual([]);
    await inDialog(page, 'Replay 1 event');
    await page.getByRole('status').getByText('1 event will run again.').waitFor();
    expect(posted()).toEqual([{ path: 'events/89999/replay', body: { rerunAll: false } }]);
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('runs all handlers again where one says so', async () => {
    const { page } = await world.open('#/events/89999');
    await press(page, 'Replay');
    await page.getByLabel('Run handlers again that have succeeded').check();
    await inDialog(page, 'Replay 1 event');
    await page.getByText('1 event will run again.').waitFor();
    expect(posted()[0]?.body).toEqual({ rerunAll: true });
  });

  it('does nothing where one cancels', async () => {
    const { page } = await world.open('#/events/89999');
    await press(page, 'Discard');
    await inDialog(page, 'Cancel');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(posted()).toEqual([]);
  });

  it('discards an event, retries one that waits, and keeps a note', async () => {
    const { page } = await world.open('#/events/89996');
    await press(page, 'Retry now');
    await page.getByText('It is due now.').waitFor();
    await page.getByLabel('A note').fill('INC-221');
    await press(page, 'Add the note');
    await page.getByText('The note is kept.').waitFor();
    await press(page, 'Discard');
    await inDialog(page, 'Discard 1 event');
    await page.getByText('1 event discarded.').waitFor();
    expect(posted()).toEqual([
      { path: 'events/89996/retry', body: {} },
      { path: 'events/89996/note', body: { text: 'INC-221' } },
      { path: 'events/89996/discard', body: {} },
    ]);
  });

  it('shows what a dry run would have written, and why a handler was not run', async () => {
    const { page } = await world.open('#/events/89999');
    await press(page, 'Dry run');
    const dialog = page.getByRole('dialog', { name: 'Dry run' });
    await dialog.getByText('INSERT INTO "agent"').waitFor();
    await dialog.getByText('It is not transactional').waitFor();
    expect(posted()).toEqual([{ path: 'events/89999/dry-run', body: {} }]);
  });

  it('does something to the events that are picked, and to no others', async () => {
    const { page } = await world.open('#/events');
    await page
      .getByLabel(/^Pick pact.violated/)
      .first()
      .check();
    await page
      .getByLabel(/^Pick score.updated/)
      .first()
      .check();
    await page.getByText('2 events picked').waitFor();
    await press(page, 'Replay picked');
    await inDialog(page, 'Replay 2 events');
    await page.getByText('2 events will run again.').waitFor();
    expect(posted().map(({ path }) => path)).toEqual([
      'events/89999/replay',
      'events/89998/replay',
    ]);
  });

  it('shows how many events an action on all is about, and some of them, before it starts', async () => {
    const { page } = await world.open('#/events?state=dead');
    await press(page, 'Replay all that fit');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('The set is fixed when it starts').waitFor();
    expect(await dialog.getByRole('listitem').count()).toBe(7);
    await dialog.getByLabel('Ramp').check();
    await inDialog(page, 'Replay 7 events');
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    expect(posted()).toEqual([
      { path: 'operations/preview', body: { action: 'replay', filter: { state: 'dead' } } },
      { path: 'operations', body: { action: 'replay', filter: { state: 'dead' }, pace: 'ramp' } },
    ]);
  });

  it('does nothing to all events where there is no filter, and says so', async () => {
    const { page } = await world.open('#/events');
    const button = page.getByRole('button', { name: 'Discard all that fit' });
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    expect(await button.getAttribute('title')).toContain('Choose a filter first');
    // Past what Playwright takes for disabled, as a finger would.
    await button.click({ force: true });
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('ramps the events of one error', async () => {
    const { page } = await world.open('#/errors');
    await page.getByRole('button', { name: 'Ramp 1, 10, rest: escrow.released' }).click();
    await page.getByText('The set is fixed').waitFor();
    expect(await page.getByRole('radio', { name: 'Ramp' }).isChecked()).toBe(true);
    expect(posted()[0]?.body).toMatchObject({
      filter: { state: 'dead', fingerprint: '3fa91c0b77de', name: 'escrow.released' },
    });
  });

  it('pauses, resumes and stops an operation', async () => {
    const { page } = await world.open('#/operations');
    await press(page, /^Pause: Replay 10,000/);
    await page.getByText('Paused.').waitFor();
    await press(page, /^Resume: Replay 412/);
    await page.getByText('Resumed.').waitFor();
    await press(page, /^Stop: Replay 412/);
    await inDialog(page, 'Stop');
    await page.getByText('Stopped.').waitFor();
    expect(posted().map(({ path }) => path)).toEqual([
      'operations/op-3/pause',
      'operations/op-2/resume',
      'operations/op-2/stop',
    ]);
  });

  it('tells what the poller watches', async () => {
    const { page } = await world.open('#/poller');
    await page.getByRole('heading', { name: 'scores watches 2 or more' }).waitFor();
    const rows = page.getByRole('table', { name: 'What scores watches' }).locator('tbody tr');
    await expect(rows.allInnerTexts()).resolves.toEqual([
      expect.stringMatching(/^atlas-7\s+812\s+in 9 s/),
      expect.stringMatching(/^an_agent_\S+\s+nothing yet\s+in 5\d s\s+3 times/),
    ]);
  });

  it('polls now', async () => {
    const { page } = await world.open('#/poller');
    await press(page, 'Poll now');
    await page.getByText('The poller looks now.').waitFor();
    expect(posted()).toEqual([{ path: 'poller/poll', body: {} }]);
  });

  it('keeps the dialog, and says why, where something was not done', async () => {
    const { page } = await world.open('#/events/89999');
    await press(page, 'Replay');
    world.api.isDatabaseAway = true;
    await inDialog(page, 'Replay 1 event');
    await page.getByRole('dialog').getByText('The database did not answer.').waitFor();
  });

  for (const [hash, names] of [
    ['#/events/89999', ['Replay', 'Dry run', 'Discard', 'Add the note']],
    ['#/events?state=dead', ['Replay all that fit', 'Discard all that fit']],
    ['#/errors', [/^Replay all/, /^Ramp/, /^Discard all/]],
    ['#/operations', [/^Pause: /, /^Stop: /]],
    ['#/poller', ['Poll now']],
  ] as const) {
    it(`shows viewers the buttons of ${hash}, which do nothing and say why`, async () => {
      world.api.role = 'view';
      const { page } = await world.open(hash);
      for (const name of names) {
        const button = page.getByRole('button', { name }).first();
        expect(await button.getAttribute('aria-disabled')).toBe('true');
        expect(await button.getAttribute('title')).toContain('victor may look, but change nothing');
        await button.click({ force: true });
      }
      await page.locator('p.note', { hasText: 'victor may look' }).first().waitFor();
      expect(await page.getByRole('dialog').count()).toBe(0);
      expect(posted()).toEqual([]);
    });
  }
});
