// The picture of completeness on an output folder whose gaps are known: what the dashboard of a supervisor and the page
// of `verify --html` show of each hour is what follows from the gaps that `verify --json` tells.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LedgerRecord } from '../../src/shared/ledger-records.js';
import { encodeName } from '../../src/shared/names.js';
import { launchBrowser, openPage } from '../testing/browser.js';
import { testFolder } from '../testing/folder.js';
import { startMoodyFeed } from '../testing/moody-feed.js';
import { runCommand, supervise } from '../testing/supervised.js';

const S = 1_000;
const MIN = 60 * S;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

type Reason = Extract<LedgerRecord, { kind: 'gap' }>['reason'];

/** The ledger of a topic that was first live at `since_ms`, of these gaps, and stopped or lost in the end. */
function ledgerOf(
  since_ms: number,
  gaps: readonly (readonly [from_ms: number, length_ms: number, reason: Reason])[],
  end: Extract<LedgerRecord, { kind: 'stop' | 'lost' }>,
): string {
  const records: LedgerRecord[] = [
    { kind: 'live', at_ms: since_ms, since_ms, url: 'wss://stream.example.com/' },
    ...gaps.map(([from_ms, length_ms, reason]): LedgerRecord => {
      const to_ms = from_ms + length_ms;
      return { kind: 'gap', at_ms: to_ms, from_ms, to_ms, reason, detail: 'a <b>detail</b>' };
    }),
    end,
  ];
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

/** Ledgers of the 45 days before `hour_ms`. */
function ledgers(hour_ms: number): Readonly<Record<string, string>> {
  const start_ms = hour_ms - 45 * DAY;
  const stopped = (until_ms: number) =>
    ({ kind: 'stop', at_ms: until_ms, until_ms, reason: 'stopped' }) as const;
  return {
    'every <i>kind</i> of gap': ledgerOf(
      start_ms + 13 * MIN,
      [
        [start_ms + 14 * MIN, 1, 'clock'],
        // Whole hours, from one to the next, and one that ends with its hour.
        [start_ms + 3 * HOUR, 2 * HOUR, 'stale'],
        [start_ms + 7.5 * HOUR, 30 * MIN, 'disk'],
        [start_ms + 30.25 * HOUR, 2.5 * HOUR, 'disconnected'],
        // Over one another, one within another, and twice the same.
        [start_ms + 50 * HOUR + 10 * MIN, 20 * MIN, 'disconnected'],
        [start_ms + 50 * HOUR + 20 * MIN, 20 * MIN, 'overflow'],
        [start_ms + 50 * HOUR + 25 * MIN, 1 * MIN, 'crash'],
        [start_ms + 50 * HOUR + 25 * MIN, 1 * MIN, 'crash'],
        [start_ms + 50 * HOUR + 35 * MIN, 2 * MIN, 'crash'],
        // Without length: within an hour, and where one begins.
        [start_ms + 70.5 * HOUR, 0, 'oversize'],
        [start_ms + 72 * HOUR, 0, 'undecodable'],
        [start_ms + 20 * DAY, 3.2 * DAY, 'reconfigured'],
      ],
      stopped(hour_ms - 3 * DAY - 17 * MIN),
    ),
    'often cut': ledgerOf(
      start_ms + 40 * DAY,
      Array.from({ length: 60 }, (_, i) => {
        const from_ms = start_ms + 40 * DAY + i * 97 * MIN + ((i * 7919) % (50 * MIN));
        return [from_ms, 1 + ((i * i * 137) % (9 * MIN)), 'disconnected'] as const;
      }),
      stopped(hour_ms - 30 * MIN),
    ),
    'lost and never back': ledgerOf(start_ms + 2 * DAY, [], {
      kind: 'lost',
      at_ms: hour_ms - 9 * DAY,
      from_ms: hour_ms - 9.01 * DAY,
      reason: 'rejected',
    }),
  };
}

interface Judged {
  readonly topic: string;
  readonly from_ms: number | null;
  readonly to_ms: number | null;
  readonly gaps: readonly { readonly from_ms: number; readonly to_ms: number | null }[];
}

/** Cuts the hour wherever a gap begins or ends, and adds up the pieces that are in none. */
function shareOf({ from_ms, to_ms, gaps }: Judged, hour_ms: number): number | null {
  const begin = Math.max(hour_ms, from_ms ?? Number.POSITIVE_INFINITY);
  const end = Math.min(hour_ms + HOUR, to_ms ?? Number.NEGATIVE_INFINITY);
  if (end <= begin) return null;
  const within = (at: number) => Math.min(end, Math.max(begin, at));
  const cuts = [begin, end, ...gaps.flatMap((gap) => [within(gap.from_ms), within(gap.to_ms ?? end)])];
  cuts.sort((a, b) => a - b);
  let vouched_ms = 0;
  cuts.slice(1).forEach((to, i) => {
    const middle = (to + (cuts[i] ?? to)) / 2;
    const is_in_gap = gaps.some((gap) => gap.from_ms <= middle && middle < (gap.to_ms ?? end));
    if (!is_in_gap) vouched_ms += to - (cuts[i] ?? to);
  });
  return vouched_ms / (end - begin);
}

/** Whether any of a gap lies in the hour, were it an instant. */
const isTouched = ({ gaps }: Judged, hour_ms: number): boolean =>
  gaps.some(({ from_ms, to_ms }) => {
    const is_instant_in_it = from_ms >= hour_ms && from_ms < hour_ms + HOUR;
    return is_instant_in_it || (from_ms < hour_ms && (to_ms ?? Number.POSITIVE_INFINITY) > hour_ms);
  });

interface Cell {
  readonly name: string;
  readonly hour_ms: number;
  readonly share: number | null;
  readonly look: string;
}

/** What the tests need of an element, for they are not checked with a browser's types. */
interface CellElement {
  readonly className: string;
  readonly dataset: Readonly<Record<string, string | undefined>>;
  closest(selector: string): CellElement | null;
}

/** All cells of the picture, which is of `lines` topics. */
async function cellsOf(page: Page, lines: number): Promise<Cell[]> {
  await expect.poll(() => page.locator('.picture .line').count()).toBe(lines);
  const read = await page.locator('.picture [data-hour]').evaluateAll((cells: readonly CellElement[]) =>
    cells.map((cell) => ({
      name: cell.closest('.line')?.dataset.name ?? '',
      hour: cell.dataset.hour ?? '',
      share: cell.dataset.share ?? '',
      look: cell.className,
    })),
  );
  return read.map(({ name, hour, share, look }) => ({
    name,
    look,
    hour_ms: Number(hour),
    share: share === '' ? null : Number(share),
  }));
}

/** Each of `cells` before `end_ms` shows what follows from the gaps. */
function compare(cells: readonly Cell[], judged: readonly Judged[], end_ms: number): void {
  const wrong = cells.filter(({ name, hour_ms, share, look }) => {
    if (hour_ms >= end_ms) return false;
    const topic = judged.find((one) => one.topic === name);
    if (topic === undefined) return true;
    const expected = shareOf(topic, hour_ms);
    if ((expected === null) !== (share === null)) return true;
    if (share === null || expected === null) return look !== 'cell blank';
    const is_right_look =
      (look === 'cell whole') === (expected === 1 && !isTouched(topic, hour_ms)) &&
      (look === 'cell none') === (expected === 0);
    return Math.abs(share - expected) > 1e-9 || !is_right_look;
  });
  expect(wrong).toEqual([]);
}

/** The starts of the months from the one to the other instant, the newest first. */
function monthsBack(from_ms: number, to_ms: number): number[] {
  const date = new Date(to_ms);
  const months: number[] = [];
  for (let i = 0; ; i += 1) {
    const month_ms = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - i);
    months.push(month_ms);
    if (month_ms <= from_ms) return months;
  }
}

const hoursOfMonth = (month_ms: number): number => {
  const date = new Date(month_ms);
  return (Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) - month_ms) / HOUR;
};

test('the dashboard and the page of verify show of each hour what follows from the gaps that verify tells', async () => {
  const hour_ms = Math.floor(Date.now() / HOUR) * HOUR;
  const folder = await testFolder();
  const out = join(folder, 'out');
  await mkdir(out);
  const known = ledgers(hour_ms);
  for (const [name, ledger] of Object.entries(known))
    await writeFile(join(out, `${encodeName(name)}.ledger`), ledger);
  const feed = await startMoodyFeed();
  const names = [...Object.keys(known), 'new'];
  // Those whose server is not there stay as they are.
  for (const name of names) if (name !== 'often cut') feed.absent.add(name);
  const topics = names.map((name) => ({ topic: name, name, ws_url: feed.urlOf(name) }));
  const streamer = await supervise(folder, { topics, http_port: 0 });
  const { http_port } = await streamer.until('one is live', ({ live_topics }) => live_topics === 1);

  const report = join(folder, 'report.html');
  const told = await runCommand(['verify', out, '--json', '--html', report]);
  expect(told).toMatchObject({ status: 1, stderr: '' });
  const judged: readonly Judged[] = JSON.parse(told.stdout).topics;
  expect(judged.map(({ topic }) => topic).sort()).toEqual([...names].sort());
  expect(judged.flatMap(({ gaps }) => gaps).length).toBeGreaterThan(70);
  const months = monthsBack(hour_ms - 45 * DAY, hour_ms);

  const dashboard = await openPage(browser, `http://127.0.0.1:${http_port}/#coverage`);
  for (const month_ms of months) {
    const day = new Date(month_ms).toISOString().slice(0, 10);
    await dashboard.page.evaluate(`location.hash = '#coverage=month:${day}'`);
    await dashboard.page.locator(`.picture [data-hour="${month_ms}"]`).first().waitFor();
    const cells = await cellsOf(dashboard.page, names.length);
    expect(cells.length).toBe(names.length * hoursOfMonth(month_ms));
    // What has been captured since verify looked is not told by it.
    compare(cells, judged, hour_ms);
  }
  expect(dashboard.complaints).toEqual([]);
  await dashboard.close();

  const page_of_verify = await openPage(browser, pathToFileURL(report).href);
  const { page } = page_of_verify;
  await page.getByRole('button', { name: 'month' }).click();
  for (const month_ms of months) {
    await page.locator(`.picture [data-hour="${month_ms}"]`).first().waitFor();
    const cells = await cellsOf(page, names.length);
    expect(cells.length).toBe(names.length * hoursOfMonth(month_ms));
    compare(cells, judged, Number.POSITIVE_INFINITY);
    await page.getByRole('button', { name: 'Before', exact: true }).click();
  }
  expect(page_of_verify.complaints).toEqual([]);
  await page_of_verify.close();
});
