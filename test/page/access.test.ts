// The pages for everybody: axe finds nothing serious, on a phone and on a desktop, light and dark, and nothing is wider
// than the window.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { findings } from '../testing/axe.js';
import { launchBrowser, openPage, SIZES } from '../testing/browser.js';
import { PageServer, pageFile } from '../testing/page-server.js';
import { pageWorld, reportPage } from '../testing/page-world.js';

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
      const found: Record<string, readonly string[]> = {};
      for (const [hash, shows] of VIEWS) {
        await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
        await page.locator(shows).first().waitFor();
        found[hash] = await findings(page);
      }
      await page.goto(report_url);
      await page.locator('.gaps').waitFor();
      found.report = await findings(page);
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

test('in another zone and language, and where motion is not wanted, the pages say and show the same', async () => {
  const still = new PageServer(pageWorld(8));
  await still.start();
  onTestFinished(() => still.stop());
  const read = async (options: BrowserContextOptions): Promise<Record<string, string>> => {
    const { page, complaints, close } = await openPage(browser, `${still.url}#topics`, options);
    const texts: Record<string, string> = {};
    for (const [hash, shows] of VIEWS) {
      await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
      await page.locator(shows).first().waitFor();
      // How long ago something was is counted on in the browser.
      texts[hash] = (await page.locator('#view').innerText()).replaceAll(/\d+[smhd](\d+s)?( ago)?\b/g, '…');
    }
    await page.goto(report_url);
    await page.locator('.gaps').waitFor();
    texts.report = await page.locator('#report').innerText();
    const moves = await page.evaluate<number>('document.getAnimations().length');
    await close();
    expect([complaints, moves]).toEqual([[], 0]);
    return texts;
  };
  const far = await read({ timezoneId: 'Pacific/Kiritimati', locale: 'ar-EG', reducedMotion: 'reduce' });
  expect(far).toEqual(await read({ timezoneId: 'America/St_Johns', locale: 'de-DE' }));
  expect(far.report).toContain('November 2026');
});
