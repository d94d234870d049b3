// The pages for everybody: axe finds nothing serious, on a phone and on a desktop, light and dark, and nothing is wider
// than the window.

import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { launchBrowser, openPage, SIZES } from '../testing/browser.js';
import { PageServer, pageFile } from '../testing/page-server.js';
import { pageWorld, reportPage } from '../testing/page-world.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

let browser: Browser;
let server: PageServer;
let folder: string;
let report_url: string;
beforeAll(async () => {
  browser = await launchBrowser();
  server = new PageServer(pageWorld(8));
  await server.start();
  folder = await mkdtemp(join(tmpdir(), 'streamer-test-'));
  const file = join(folder, 'report.html');
  const data = JSON.stringify(reportPage(pageWorld(2), ['x.jsonl: not what its seal says']));
  await writeFile(
    file,
    (await readFile(pageFile('report.html'), 'utf8')).replace('>null<', () => `>${data}<`),
  );
  report_url = pathToFileURL(file).href;
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** By the debugger's way: the page's policy would forbid a script of ours. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<Finding[]>(
    `axe.run({ resultTypes: ['violations'] }).then((result) => result.violations)`,
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

const VIEWS: readonly (readonly [hash: string, shows: string])[] = [
  ['#topics', 'tr.topic'],
  ['#topic=publicTrade.ETHUSDT', '.message'],
  ['#coverage=day:2026-11-24', '.gaps'],
  ['#coverage=month:2026-11-01', '.gaps'],
];

for (const scheme of ['light', 'dark'] as const) {
  for (const size of ['phone', 'desktop'] as const) {
    test(`nothing serious in the ${scheme} on a ${size}`, async () => {
      const { page, close } = await openPage(browser, `${server.url}#topics`, {
        colorScheme: scheme,
        viewport: SIZES[size],
      });
      const isTooWide = () =>
        page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');
      const found: Record<string, readonly string[]> = {};
      for (const [hash, shows] of VIEWS) {
        await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
        await page.locator(shows).first().waitFor();
        found[hash] = await findings(page);
        if (await isTooWide()) found[hash] = [...found[hash], 'wider than the window'];
      }
      await page.goto(report_url);
      await page.locator('.gaps').waitFor();
      found.report = await findings(page);
      if (await isTooWide()) found.report = [...found.report, 'wider than the window'];
      await close();
      expect(found).toEqual({ ...Object.fromEntries(VIEWS.map(([hash]) => [hash, []])), report: [] });
    });
  }
}

test('nothing serious while the coverage is not there yet, where no topic fits the filter, and while nobody answers', async () => {
  const slow = new PageServer(pageWorld(2));
  await slow.start();
  onTestFinished(() => slow.stop());
  let answer = (): void => {};
  slow.before_coverage = new Promise((resolve) => {
    answer = resolve;
  });
  const { page, close } = await openPage(browser, `${slow.url}#coverage`);
  await page.getByRole('button', { name: 'week', pressed: true }).waitFor();
  expect(await findings(page)).toEqual([]);
  answer();
  await page.locator('.line').first().waitFor();
  await page.getByLabel('Filter').fill('no such topic');
  await page.getByText('no topic', { exact: true }).waitFor();
  expect(await findings(page)).toEqual([]);
  await page.goto(`${slow.url}#topics`);
  await page.locator('tr.topic').first().waitFor();
  await slow.stop();
  await page.getByRole('heading', { name: /^not running/ }).waitFor();
  expect(await findings(page)).toEqual([]);
  await close();
});
