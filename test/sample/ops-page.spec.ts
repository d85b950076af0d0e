import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { EventView } from '../../lib/ops/api.types.js';
import { testDatabase, describeOn, type TestDatabase } from '../databases.js';
import { axeFindings, describeWithBrowser } from '../ops/page/browser.js';
import { complaintsOf, launchChromium } from '../ops/page/chromium.js';
import { OpsStage, type LoggedIn } from './ops-stage.js';

const MARKUP = `<img src=x onerror="document.title='owned'"><b>bold</b>`;

const RELEASED = Array.from({ length: 50 }, (_, index) => `escrow_${index + 1}`);

/** What sticks out of the page, and not of something in it that scrolls by itself. */
const WIDER_THAN_PAGE = `document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > innerWidth)
    .map(({ tagName, className }) => tagName + '.' + className)`;

const stages = [
  ['express', await testDatabase('postgres')],
  ['fastify', await testDatabase('sqlite')],
] as const;

for (const [adapter, kind] of stages) {
  describeWithBrowser(`With ${adapter},`, () => {
    describeOn(kind, 'the operations page of the sample app', () => {
      let database: TestDatabase;
      let stage: OpsStage;
      let browser: Browser;
      /** Of every page that was opened by somebody who may. */
      const complaints: string[] = [];
      /** Of dead events of the registry; one has markup in its payload and in a note. */
      let deadId: string;
      let markupId: string;

      beforeAll(async () => {
        database = await kind.create();
        [stage, browser] = await Promise.all([
          OpsStage.start(adapter, database.url),
          launchChromium(),
        ]);
        const { outside } = stage;
        outside.registryAnswers = outside.ledgerAnswers = false;
        [deadId, markupId] = await Promise.all([
          stage.handled('pact.violated', { pactId: 'pact_1', agentId: 'agent_ada' }),
          stage.handled('pact.violated', { pactId: 'pact_2', agentId: MARKUP }),
          ...RELEASED.map((escrowId) => stage.handled('escrow.released', { escrowId })),
        ]);
        outside.registryAnswers = true;
        await stage.api('operator').post(`events/${markupId}/note`, { text: MARKUP });
      });
      afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
      afterAll(async () => {
        await browser?.close();
        await stage?.stop();
        await database?.drop();
      });

      const logIn = (visitor: LoggedIn): Promise<BrowserContext> =>
        browser.newContext({ httpCredentials: stage.credentials(visitor) });
      const open = async (hash: string, visitor: LoggedIn = 'operator'): Promise<Page> => {
        const page = await (await logIn(visitor)).newPage();
        complaintsOf(page, complaints);
        await page.goto(`${stage.url}/ops/${hash}`);
        await page.locator('footer', { hasText: 'role' }).waitFor();
        return page;
      };
      const press = (page: Page, name: string | RegExp): Promise<void> =>
        page.getByRole('button', { name }).click();
      const inDialog = (page: Page, name: string | RegExp): Promise<void> =>
        page.getByRole('dialog').getByRole('button', { name }).click();
      const event = (id: string): Promise<EventView> =>
        stage.api('operator').get<EventView>(`events/${id}`);
      const tiers = (): Promise<{ tier: string | null }[]> =>
        stage.query(`SELECT tier FROM agent WHERE agent_id = 'agent_ada'`);
      const states = (id: string): Promise<{ state: string; attempts: unknown }[]> =>
        stage.query(`SELECT state, attempts FROM armox_armalo_inbox WHERE id = ${id}`);

      it('shows an event that is delivered while it is open, without being loaded again', async () => {
        const page = await open('#/events?name=score.changed');
        await page.getByText('No event fits.').waitFor();
        await page.evaluate('window.isTheSame = true');
        await stage.deliver('score.changed', {
          agentId: 'agent_ada',
          compositeScore: 871,
          certificationTier: 'gold',
        });
        const row = page.getByRole('row', { name: /score\.changed/ });
        await row.getByText('Done').waitFor();
        expect(await page.evaluate('window.isTheSame')).toBe(true);
      });

      it('keeps a filter by state and name in its URL, through a reload too', async () => {
        await stage.handled('eval.completed', { evalId: 'eval_1', agentId: 'agent_ada' });
        const page = await open('#/events');
        await page.getByLabel('State').selectOption('Done');
        await page.getByText('More conditions').click();
        await page.getByLabel('event', { exact: true }).fill('score.changed');
        await page.getByLabel('event', { exact: true }).press('Enter');
        await page.getByText('Exactly 1 event').waitFor();
        expect(new URL(page.url()).hash).toBe('#/events?state=done&name=score.changed');
        await page.reload();
        await page.getByText('Exactly 1 event').waitFor();
        expect(await page.getByLabel('State').inputValue()).toBe('done');
        expect(await page.getByText('eval.completed').count()).toBe(0);
      });

      it('says why an event is dead, runs it dry without a trace, and replays it to its end', async () => {
        const page = await open(`#/events/${deadId}`);
        const headline = page.locator('.headline');
        expect(await headline.textContent()).toContain('The registry answered 503');

        await press(page, 'Dry run');
        const dialog = page.getByRole('dialog', { name: 'Dry run' });
        await dialog.getByText('would succeed').waitFor();
        await dialog.getByText(/UPDATE .agent/).waitFor();
        await inDialog(page, 'Close');
        expect(await tiers()).toEqual([{ tier: 'gold' }]);
        expect(await states(deadId)).toMatchObject([{ state: 'dead', attempts: 3 }]);

        await press(page, 'Replay');
        await inDialog(page, 'Replay 1 event');
        await headline.getByText('every handler has succeeded').waitFor();
        expect(await tiers()).toEqual([{ tier: null }]);
        expect(await states(deadId)).toMatchObject([{ state: 'done' }]);
      });

      describe('with 50 dead events of one error,', () => {
        const dead = (): Promise<unknown[]> =>
          stage.query(
            `SELECT id FROM armox_armalo_inbox WHERE name = 'escrow.released' AND state = 'dead'`,
          );
        const ramp = async (): Promise<Page> => {
          const page = await open('#/errors');
          await press(page, /^Ramp 1, 10, rest: escrow\.released/);
          await inDialog(page, 'Replay 50 events');
          await page.getByRole('heading', { name: 'Operations' }).waitFor();
          return page;
        };

        it('halts a ramp after the first one, as it fails again, and says so', async () => {
          const before = stage.outside.booked.length;
          const page = await ramp();
          await page.getByText('Halted: the same error came back').waitFor();
          await page.getByText('the other 49 were left as they are').waitFor();
          expect(stage.outside.booked.length - before).toBe(1);
          expect(await dead()).toHaveLength(50);
        });

        it('ramps by 1, 10 and the rest where the cause is mended', async () => {
          stage.outside.ledgerAnswers = true;
          stage.outside.letLedgerTake(0);
          const page = await ramp();
          const latest = page.getByRole('listitem').filter({ hasText: 'as a ramp' }).first();
          await latest.getByText('1 of 50 changed').waitFor();
          stage.outside.letLedgerTake(1);
          await latest.getByText('11 of 50 changed').waitFor();
          stage.outside.letLedgerTake(49);
          await latest.getByText('50 of 50 changed').waitFor();
          await latest.getByText('Done', { exact: true }).waitFor();
          expect(await dead()).toEqual([]);
        });
      });

      describe('with a dead event that has markup in its payload and in a note,', () => {
        it('shows it as text in the list, in the event, and among the errors', async () => {
          const page = await open('#/');
          for (const [path, places] of [
            ['events?state=dead', ['.events .why']],
            [`events/${markupId}`, ['.headline', 'pre', '.note-text', '.timeline .error']],
            ['errors', ['.error']],
          ] as const) {
            await page.evaluate(`location.hash = '#/${path}'`);
            for (const place of places) {
              await page.locator(`main ${place}`, { hasText: '<img src=x' }).first().waitFor();
            }
            expect(await page.locator('main img, main b').count()).toBe(0);
          }
          expect(await page.title()).not.toBe('owned');
        });

        it('answers strangers 401, whatever they ask for', async () => {
          const stranger = stage.api('stranger');
          const statuses = await Promise.all(
            ['../', '../index.html', 'session', 'events', `events/${markupId}`, 'live'].map(
              async (path) => (await stranger.fetch(path)).status,
            ),
          );
          expect(new Set(statuses)).toEqual(new Set([401]));
          expect((await stranger.post(`events/${markupId}/replay`)).status).toBe(401);
          expect(await states(markupId)).toMatchObject([{ state: 'dead' }]);
        });

        it('lets viewers read why, but not replay, and neither does the API', async () => {
          const page = await open(`#/events/${markupId}`, 'viewer');
          const replay = page.getByRole('button', { name: 'Replay' });
          expect(await replay.getAttribute('aria-disabled')).toBe('true');
          expect(await replay.getAttribute('title')).toContain('viewer may look');
          await replay.click({ force: true });
          expect(await page.getByRole('dialog').count()).toBe(0);
          expect((await stage.api('viewer').post(`events/${markupId}/replay`)).status).toBe(403);
          expect(await states(markupId)).toMatchObject([{ state: 'dead' }]);
        });

        it('does nothing for the form of another site, though the browser is logged in', async () => {
          // Its console tells of the refusal, as it should.
          const page = await (await logIn('operator')).newPage();
          const evil = await OtherSite.open(`${stage.url}/ops/api/events/${markupId}/replay`);
          try {
            await page.goto(evil.url);
            const [answer] = await Promise.all([
              page.waitForResponse(/replay/),
              page.getByRole('button').click(),
            ]);
            expect(await answer.request().headerValue('sec-fetch-site')).toBe('cross-site');
            expect(answer.status()).toBe(403);
          } finally {
            await evil.close();
          }
          const forged = { 'sec-fetch-site': 'cross-site' };
          const api = stage.api('operator');
          expect((await api.post(`events/${markupId}/replay`, {}, forged)).status).toBe(403);
          expect(await event(markupId)).toMatchObject({ state: 'dead', attempts: 3 });
        });
      });

      const views = (): readonly (readonly [path: string, text: string])[] => [
        ['', 'Needs attention'],
        ['events?state=dead', 'Exactly'],
        [`events/${markupId}`, 'Timeline'],
        ['errors', 'RegistryError'],
        ['operations', 'Halted'],
        ['poller', 'armalo'],
        ['audit', 'operator'],
      ];
      const eachView = async (look: (page: Page) => Promise<unknown>): Promise<void> => {
        const page = await open('#/');
        for (const [path, text] of views()) {
          await page.evaluate(`location.hash = '#/${path}'`);
          await page.locator('main').getByText(text).first().waitFor();
          expect([path, await look(page)]).toEqual([path, []]);
        }
      };

      // The page itself is the same on both.
      if (adapter === 'express') {
        it('has nothing that axe finds amiss on any view, light and dark', () =>
          eachView(axeFindings));

        it('shows nothing on a phone that is wider than it', () =>
          eachView(async (page) => {
            await page.setViewportSize({ width: 360, height: 740 });
            return page.evaluate<string[]>(WIDER_THAN_PAGE);
          }));
      }

      it('has had nothing in its console in all of this, nor anything that its policy for content refused', () => {
        expect(complaints).toEqual([]);
      });
    });
  });
}

/** A page of another site with a form that is sent to ours, with what the browser keeps of a login. */
class OtherSite {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async open(action: string): Promise<OtherSite> {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      // Sent as text it is JSON all the same: {"rerunAll":true,"":"="}
      response.end(
        `<form method="post" enctype="text/plain" action="${action}">` +
          `<input type="hidden" name='{"rerunAll":true,"":"' value='"}'><button>Win</button></form>`,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    // To a browser `localhost` and `127.0.0.1` are two sites.
    return new OtherSite(server, `http://localhost:${(server.address() as AddressInfo).port}/`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
