import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from '@jest/globals';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { CHROMIUM, complaintsOf, launchChromium } from './chromium.js';
import { FakeApi } from './fake-api.js';

/** Where there is no browser the tests are left out, unless everything is required to be there. */
export const describeWithBrowser =
  existsSync(CHROMIUM) || process.env['REQUIRE_SERVERS'] === '1' ? describe : describe.skip;

export interface OpenedPage {
  readonly page: Page;
  /** What the console has said that is amiss, such as what the Content-Security-Policy has refused. */
  readonly complaints: readonly string[];
}

/** The page and its API, afresh for each test. */
export interface PageWorld {
  readonly api: FakeApi;
  /** @param hash the place in the page: `#/events` */
  open(hash: string, options?: BrowserContextOptions): Promise<OpenedPage>;
}

/** Tests of the page; `world` is there within each of them. */
export function describePage(title: string, tests: (world: PageWorld) => void): void {
  describeWithBrowser(title, () => {
    let browser: Browser;
    let api: FakeApi;
    beforeAll(async () => {
      browser = await launchChromium();
    });
    afterAll(() => browser?.close());
    beforeEach(async () => {
      api = await FakeApi.start(Date.now);
    });
    afterEach(async () => {
      await Promise.all(browser.contexts().map((context) => context.close()));
      await api.close();
    });
    tests({
      get api() {
        return api;
      },
      open: async (hash, options) => {
        const page = await (await browser.newContext(options)).newPage();
        const complaints = complaintsOf(page);
        await page.goto(api.url + hash);
        await page.locator('footer', { hasText: 'role' }).waitFor();
        return { page, complaints };
      },
    });
  });
}

/** What axe finds amiss in the page as it is, light and dark, as `rule: element`. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found: string[] = [];
  // Of what axe looks at, colours alone depend on the scheme.
  const runs = { light: 'axe.run()', dark: 'axe.run({ runOnly: ["color-contrast"] })' } as const;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await page.evaluate<axe.AxeResults>(runs[colorScheme]);
    for (const { id, nodes } of violations) {
      found.push(...nodes.map(({ html }) => `${colorScheme} ${id}: ${html}`));
    }
  }
  return found;
}
