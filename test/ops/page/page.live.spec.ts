import { expect, it } from '@jest/globals';
import type { OverviewView } from '../../../lib/ops/api.types.js';
import { describePage } from './browser.js';

const withDead =
  (count: number) =>
  (view: OverviewView): OverviewView => ({
    ...view,
    services: view.services.map((service) => ({
      ...service,
      counts: { ...service.counts, dead: { count, more: false } },
    })),
  });

describePage('The operations page, as things change', (world) => {
  it('shows what the stream brings', async () => {
    const { page } = await world.open('#/');
    await page.getByText('Live', { exact: true }).waitFor();
    world.api.changeOverview = withDead(777);
    world.api.tell();
    await page.getByText('777').first().waitFor();
  });

  it('looks again at the newest events with each message, but not while some are picked', async () => {
    const { page } = await world.open('#/events');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('pact.violated').first().waitFor();
    const lists = (): number => world.api.asked.filter((path) => path === 'events?').length;
    const listed = page.waitForResponse(/api\/events\?$/);
    world.api.tell();
    await listed;
    await page
      .getByLabel(/^Pick pact.violated/)
      .first()
      .check();
    await page.locator('[aria-busy=false]').waitFor();
    const before = lists();
    world.api.changeOverview = (view) => ({ ...view, attention: [] });
    world.api.tell();
    await page.locator('header .pill').waitFor({ state: 'detached' });
    expect(lists()).toBe(before);
  });

  it('asks every 5 seconds where nothing can be streamed', async () => {
    world.api.refusesStreams = true;
    const { page } = await world.open('#/');
    await page.clock.install();
    await page.reload();
    await page.getByText('Every 5 s', { exact: true }).waitFor();
    world.api.changeOverview = withDead(778);
    await page.clock.fastForward(5_000);
    await page.getByText('778').first().waitFor();
  });

  it('stands still while it is paused', async () => {
    const { page } = await world.open('#/');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Pause live updates' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    const asked = world.api.asked.length;
    await page.clock.install();
    await page.clock.fastForward(20_000);
    expect(world.api.asked.length).toBe(asked);
    world.api.changeOverview = withDead(779);
    await page.getByRole('button', { name: 'Resume live updates' }).click();
    await page.getByText('779').first().waitFor();
  });

  it('says that the database is away, over what it last knew, and goes on trying', async () => {
    const { page } = await world.open('#/poller');
    await page.getByText('Asked too often').waitFor();
    await page.clock.install();
    world.api.isDatabaseAway = true;
    world.api.tell();
    await page.getByText('The database is away.').waitFor();
    await page.getByText(/What stands below is from/).waitFor();
    await page.getByText('Asked too often').waitFor();
    world.api.isDatabaseAway = false;
    await page.clock.fastForward(5_000);
    await page.getByText(/What stands below is from/).waitFor({ state: 'detached' });
    world.api.tell();
    await page.getByText('The database is away.').waitFor({ state: 'detached' });
  });

  it('says that the application does not answer', async () => {
    const { page } = await world.open('#/');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.clock.install();
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'Pause live updates' }).click();
    await page.getByRole('button', { name: 'Resume live updates' }).click();
    await page.getByRole('alert').getByText('The application does not answer.').waitFor();
    await page.getByText(/What you see is what was known at/).waitFor();
    await page.context().setOffline(false);
    await page.clock.fastForward(5_000);
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });
});
