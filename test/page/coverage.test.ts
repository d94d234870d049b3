// The picture of completeness, on the dashboard and in the report, held cell by cell to what `hourCells` says.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HOUR_MS, hourCells } from '../../src/shared/coverage-cells.js';
import type { TopicCoverage } from '../../src/shared/page-data.js';
import { testFolder } from '../testing/folder.js';
import { onePage } from '../testing/one-page.js';
import { PageServer, pageFile } from '../testing/page-server.js';
import { pageWorld, reportPage } from '../testing/page-world.js';

const MONTH_MS = Date.UTC(2026, 10, 1);
const MONDAY_MS = Date.UTC(2026, 10, 23);
const TUESDAY_MS = Date.UTC(2026, 10, 24);

const { open, takeComplaints } = onePage();

async function serve(count: number): Promise<PageServer> {
  const server = new PageServer(pageWorld(count));
  await server.start();
  onTestFinished(() => server.stop());
  return server;
}

/** What the tests need of an element, for they are not checked with a browser's types. */
interface Line {
  readonly dataset: Readonly<Record<string, string | undefined>>;
  querySelectorAll(selector: string): ArrayLike<Line>;
}

type Shown = Record<string, [hour_ms: number, share: number | null][]>;

/** What the cells say, by topic. */
async function shown(page: Page): Promise<Shown> {
  const lines = await page.locator('.picture .line').evaluateAll((elements: readonly Line[]) =>
    elements.map((line) => ({
      name: line.dataset.name ?? '',
      cells: Array.from(line.querySelectorAll('[data-hour]'), ({ dataset }) => [
        dataset.hour ?? '',
        dataset.share ?? '',
      ]),
    })),
  );
  const read = ([hour, share]: string[]): [number, number | null] => [
    Number(hour),
    share === '' ? null : Number(share),
  ];
  return Object.fromEntries(lines.map(({ name, cells }) => [name, cells.map(read)]));
}

function expected(topics: readonly TopicCoverage[], from_ms: number, hours: number): Shown {
  const cells = (topic: TopicCoverage) =>
    hourCells(topic, from_ms, hours).map(({ hour_ms, share }): [number, number | null] => [hour_ms, share]);
  return Object.fromEntries(topics.map((topic) => [topic.name, cells(topic)]));
}

const cellOf = (page: Page, name: string, hour_ms: number) =>
  page.locator(`.line[data-name="${name}"] [data-hour="${hour_ms}"]`);

describe('on the dashboard', () => {
  test.each([
    ['day', TUESDAY_MS, 24],
    ['week', MONDAY_MS, 168],
    ['month', MONTH_MS, 720],
  ])(
    'a %s shows of each topic each hour, and the share of it that is vouched for',
    async (span, from_ms, hours) => {
      const server = await serve(8);
      const page = await open(`${server.url}#coverage`);
      await page.getByRole('button', { name: span }).click();
      await expect.poll(async () => Object.values(await shown(page))[0]?.length).toBe(hours);
      expect(await shown(page)).toEqual(expected(server.world.coverage, from_ms, hours));
      expect(new URL(page.url()).hash).toMatch(
        span === 'week' ? /^#coverage$/ : new RegExp(`^#coverage=${span}:2026-11-`),
      );
    },
  );

  test('an hour is whole only without a gap, hatched where nothing vouches, blank where nothing was captured', async () => {
    const server = await serve(8);
    const page = await open(`${server.url}#coverage=day:2026-11-24`);
    const look = (name: string, hour: number) =>
      cellOf(page, name, TUESDAY_MS + hour * HOUR_MS).evaluate((cell) => cell.className);
    await cellOf(page, 'publicTrade.XRPUSDT', TUESDAY_MS).waitFor();
    expect(await look('publicTrade.XRPUSDT', 7)).toBe('cell whole');
    expect(await look('publicTrade.XRPUSDT', 8)).toBe('cell little');
    expect(await look('publicTrade.XRPUSDT', 9)).toBe('cell none');
    expect(await look('publicTrade.XRPUSDT', 14)).toBe('cell blank');
    // A gap without a length leaves the share at 1, and is seen all the same.
    expect(await look('publicTrade.ETHUSDT', 11)).toBe('cell most');
    const background = await page.evaluate<string>(
      `getComputedStyle(document.querySelector('.strip .cell.none')).backgroundImage`,
    );
    expect(background).toContain('repeating-linear-gradient');
  });

  test('a gap and its reason are told on hover, on the focus of the keyboard, and in text', async () => {
    const server = await serve(8);
    const page = await open(`${server.url}#coverage=day:2026-11-24`);
    await cellOf(page, 'publicTrade.ETHUSDT', TUESDAY_MS + 4 * HOUR_MS).hover();
    const tip = page.locator('.tip');
    const told = '2026-11-24 04:12:00 – 04:12:20, 20.000s: overflow (the buffer was full)';
    await tip.getByText(told).waitFor();
    expect(await tip.innerText()).toMatch(/^Tue,? 24 Nov 2026, 04:00–05:00 UTC/);
    expect(await tip.innerText()).toContain('publicTrade.ETHUSDT: 99.444 % vouched for');
    await page.getByRole('heading', { name: 'Gaps in this time' }).hover();
    await tip.waitFor({ state: 'hidden' });

    // The first cell of the first line, which is the worst.
    await page.locator('.picture [tabindex="0"]').focus();
    for (let i = 0; i < 8; i += 1) await page.keyboard.press('ArrowRight');
    await tip.getByText(/08:06:00 – still open, 5h24m\d+s: rejected/).waitFor();
    const label = await page.evaluate<string>('document.activeElement.getAttribute("aria-label")');
    expect(label).toMatch(/^Tue,? 24 Nov 2026, 08:00–09:00 UTC\. publicTrade\.XRPUSDT: 10 % vouched for\. /);
    await page.keyboard.press('ArrowDown');
    await tip.getByText('publicTrade.ETHUSDT: 100 % vouched for').waitFor();
    expect(await page.locator('.picture [tabindex="0"]').count()).toBe(1);

    const text = await page.locator('.gaps').innerText();
    expect(text).toMatch(/08:06:00 – still open\s+5h24m\d+s\s+publicTrade.XRPUSDT rejected/);
    expect(text).toMatch(/publicTrade.ETHUSDT oversize \(a message was too long\), 1 message lost/);
  });

  test('the time before and the next one are a button away', async () => {
    const server = await serve(8);
    const page = await open(`${server.url}#coverage=day:2026-11-24`);
    await page.getByRole('heading', { name: /^Tuesday,? 24 November 2026$/ }).waitFor();
    await page.getByRole('button', { name: 'Before', exact: true }).click();
    await page.getByRole('heading', { name: /^Monday,? 23 November 2026$/ }).waitFor();
    await expect.poll(() => shown(page)).toEqual(expected(server.world.coverage, MONDAY_MS, 24));
    await page.reload();
    await page.getByRole('heading', { name: /^Monday,? 23 November 2026$/ }).waitFor();
    await page.getByRole('button', { name: 'Next', exact: true }).click();
    await page.getByRole('button', { name: 'month' }).click();
    await page.getByRole('heading', { name: 'November 2026' }).waitFor();
  });

  test('of a thousand topics only those that are shown are asked for, and the worst are found on demand', async () => {
    const server = await serve(1000);
    const page = await open(`${server.url}#coverage`);
    await page.getByText('1–30 of 1,000 topics').waitFor();
    const asked = server.asked.filter((path) => path.startsWith('/coverage'));
    expect(asked.flatMap((path) => path.match(/name=/g) ?? [])).toHaveLength(30);
    // What any server takes.
    expect(Math.max(...asked.map((path) => path.length))).toBeLessThan(8_000);
    await page.getByRole('button', { name: 'More topics' }).click();
    await page.getByText('31–60 of 1,000 topics').waitFor();
    await page.getByLabel('Filter', { exact: true }).fill('XRPUSDT.9');
    await page.getByText(/^1–\d+ of \d+ topics$/).waitFor();
    await page.getByLabel('Filter', { exact: true }).fill('');
    await page.getByLabel('Order', { exact: true }).selectOption('worst first');
    await expect
      .poll(() => page.locator('.line').first().getAttribute('data-name'))
      .toBe('publicTrade.XRPUSDT');
  });
});

describe('in the report of verify', () => {
  async function report(count: number, damage: readonly string[] = []): Promise<string> {
    const file = join(await testFolder(), 'report.html');
    const data = JSON.stringify(reportPage(pageWorld(count), damage)).replaceAll('<', '\\u003c');
    const template = await readFile(pageFile('report.html'), 'utf8');
    const [before, after, ...more] = template.split('id="report-data">null</script>');
    expect(more).toEqual([]);
    await writeFile(file, `${before}id="report-data">${data}</script>${after}`);
    return pathToFileURL(file).href;
  }

  test('it is the same, from a file alone, with the verdict and the sums', async () => {
    const page = await open(await report(8));
    await page.getByRole('heading', { name: 'November 2026', exact: true }).waitFor();
    await page.getByRole('heading', { name: /^Whole but for \d+ declared gaps\.$/ }).waitFor();
    await expect.poll(() => shown(page)).toEqual(expected(pageWorld(8).coverage, MONTH_MS, 720));
    const row = page.getByRole('row', { name: /publicTrade.ADAUSDT .*99\.87 % .*10,000,000/ });
    await row.waitFor();
    expect(await page.locator('script[src], link, img, iframe').count()).toBe(0);
  });

  test('damage is told in sentences, and no name or sentence becomes a part of the page', async () => {
    const page = await open(
      await report(2, ['a</script><img src=x onerror=alert(1)>.jsonl:3: its seal says 4']),
    );
    await page.getByRole('heading', { name: /^Damaged in 1 place; \d+ declared gaps besides\.$/ }).waitFor();
    await page.getByText('a</script><img src=x onerror=alert(1)>.jsonl:3: its seal says 4').waitFor();
    expect(await page.locator('img').count()).toBe(0);
  });

  test('the page allows no script but its own', async () => {
    const html = (await readFile(pageFile('report.html'), 'utf8')).replace(
      '</main>',
      '</main><script>document.title = "bad"</script>',
    );
    const file = join(await testFolder(), 'report.html');
    await writeFile(file, html);
    const page = await open(pathToFileURL(file).href);
    await page.getByText('Nothing was put into this page.').waitFor();
    expect(await page.title()).toBe('Completeness');
    expect(takeComplaints()).toHaveLength(1);
  });
});
