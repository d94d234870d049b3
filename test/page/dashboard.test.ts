// The dashboard in a real browser, on a server that stands in for the supervisor's.

import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SIZES } from '../testing/browser.js';
import { onePage } from '../testing/one-page.js';
import { PageServer } from '../testing/page-server.js';
import { NOW_MS, pageWorld } from '../testing/page-world.js';

const { open, expectComplaints } = onePage();

async function serve(count: number, last_message?: string): Promise<PageServer> {
  const server = new PageServer(pageWorld(count, last_message));
  await server.start();
  onTestFinished(() => server.stop());
  return server;
}

const names = (page: Page) =>
  page.locator('tr.topic').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-name')));

describe('the answer', () => {
  test('stands in words at the top and in the title, and follows the capture', async () => {
    const server = await serve(12);
    const page = await open(server.url);
    const words = '10 of 12 topics live, 1 silent, 3 gaps today, 5,962 msg/min, disk for 41 days';
    await page.getByRole('heading', { name: words, exact: true }).waitFor();
    expect(await page.title()).toBe(`${words} · streamer`);
    const live = server.world.rows.map((row) => ({
      ...row,
      state: 'live' as const,
      silent_since_ms: null,
      error: null,
    }));
    server.send(
      'tick',
      server.world.tick(live, { live_topics: 12, gaps_today: 0, disk_lasts_s: null, disk_free_bytes: 2e9 }),
    );
    const well = '12 of 12 topics live, 0 gaps today, 5,962 msg/min, 1.9 GiB of disk free';
    await page.getByRole('heading', { name: well, exact: true }).waitFor();
    expect(await page.locator('#answer.fine .bad').count()).toBe(0);
  });

  test('is not read out each second: only what changes seldom, and not twice in ten seconds', async () => {
    const server = await serve(12);
    const page = await open(server.url);
    const status = page.locator('#announcement');
    const first = '10 of 12 topics live, 1 silent, 3 gaps today';
    await page.getByText('5,962 msg/min').waitFor();
    expect(await status.textContent()).toBe(first);
    server.send('tick', server.world.tick([], { rate_per_min: 7000, live_topics: 11 }));
    await page.getByText('7,000 msg/min').waitFor();
    expect(await status.textContent()).toBe(first);
  });
});

describe('the rows', () => {
  test('stand worst first, and say state, rate, lag, buffer, age, reconnects, trouble and the error', async () => {
    const server = await serve(12);
    const page = await open(server.url);
    await page.locator('tr.topic').nth(11).waitFor();
    expect((await names(page)).slice(0, 5)).toEqual([
      'publicTrade.XRPUSDT',
      'publicTrade.ADAUSDT',
      'publicTrade.AVAXUSDT',
      'publicTrade.LINKUSDT',
      'orderbook.50.BTCUSDT',
    ]);
    const row = (name: string) => page.locator(`tr[data-name="${name}"]`);
    expect(await row('publicTrade.XRPUSDT').innerText()).toMatch(/rejected\s+0\s+never\s+–/);
    expect(await row('publicTrade.XRPUSDT').innerText()).toContain('Invalid symbol');
    expect(await row('publicTrade.ADAUSDT').innerText()).toContain('lost: <img src=x> ECONNRESET');
    expect(await page.locator('img').count()).toBe(0);
    const cells = await row('publicTrade.LINKUSDT').getByRole('cell').allInnerTexts();
    expect(cells).toEqual(['live', '528', '0s ago', '–', '71,000 (71 %)', '1', '1,234 dropped, 3 gaps']);
    expect(await row('publicTrade.AVAXUSDT').innerText()).toContain('live, silent');
  });

  test('move when a topic gets worse, and the focus stays on the one that had it', async () => {
    const server = await serve(12);
    const page = await open(server.url);
    const worst = page.getByRole('link', { name: 'orderbook.50.SOLUSDT' });
    await worst.focus();
    const at = server.world.topics.topics.findIndex(({ name }) => name === 'orderbook.50.SOLUSDT');
    const row = server.world.rows[at];
    if (row === undefined) throw new Error('no such row');
    server.send('tick', server.world.tick([{ ...row, state: 'rejected', dropped: 9 }]));
    await expect.poll(async () => (await names(page))[0]).toBe('orderbook.50.SOLUSDT');
    expect(await worst.evaluate((link) => link.matches(':focus'))).toBe(true);
  });

  test('are filtered by name and by state', async () => {
    const server = await serve(24);
    const page = await open(server.url);
    await page.getByLabel('Filter').fill('tickers');
    await page.getByText('8 of 24', { exact: true }).waitFor();
    expect(await names(page)).toHaveLength(8);
    await page.getByLabel('Filter').fill('rejected');
    await page.getByText('1 of 24', { exact: true }).waitFor();
  });

  test('show the messages of each step as they come', async () => {
    const server = await serve(1);
    const page = await open(server.url);
    const path = page.locator('.spark path').first();
    await path.waitFor({ state: 'attached' });
    const before = await path.getAttribute('d');
    server.send('step', { at_ms: NOW_MS, messages: [100_000] });
    server.send('tick', server.world.tick([]));
    await expect.poll(() => path.getAttribute('d')).not.toBe(before);
    expect(await path.getAttribute('d')).toMatch(/L89 1H90V20Z$/);
  });
});

describe('a topic that is opened', () => {
  test('shows charts, gaps with reasons, files, the last message and log lines; what came from outside is text', async () => {
    const server = await serve(12);
    const page = await open(server.url);
    await page.getByRole('link', { name: 'publicTrade.ETHUSDT' }).click();
    expect(new URL(page.url()).hash).toBe('#topic=publicTrade.ETHUSDT');
    await page.getByRole('heading', { name: 'publicTrade.ETHUSDT' }).waitFor();
    await page.locator('.u-wrap canvas').nth(1).waitFor();
    const newest = (server.world.topics.topics[1]?.steps.at(-1) ?? 0) * 6;
    await page.getByText(`now: rate ${newest} (highest `).waitFor();
    await page.getByText('crash (the capture died)').waitFor();
    await page.getByText('7.6 MiB').first().waitFor();
    await page.getByText('being written').waitFor();
    await page.getByText('… and 450 older files').waitFor();
    await page.getByText('error: publicTrade.ETHUSDT: <b>not bold</b>').waitFor();
    expect(await page.locator('.log b').count()).toBe(0);
    const tree = page.locator('.message');
    expect(await tree.innerText()).not.toContain('onerror');
    await tree.getByText('1: {7 fields}').click();
    await tree.getByText('"<img src=x onerror=alert(1)>"').waitFor();
    expect(await page.locator('img').count()).toBe(0);
    await page.getByRole('link', { name: 'All topics' }).click();
    await page.locator('tr.topic').first().waitFor();
  });

  test('is asked for again every few seconds, but not while an answer is on its way', async () => {
    const server = await serve(2);
    const page = await open(server.url);
    await page.locator('tr.topic').first().waitFor();
    let answer = (): void => {};
    server.before_coverage = new Promise((resolve) => {
      answer = resolve;
    });
    const asked = (path: string) => server.asked.filter((one) => one.startsWith(path)).length;
    await page.clock.install();
    await page.getByRole('link', { name: 'publicTrade.ETHUSDT' }).click();
    await page.getByText('crash (the capture died)').waitFor();
    expect(asked('/coverage')).toBe(1);
    await page.clock.runFor(11_000);
    await expect.poll(() => asked('/topic')).toBeGreaterThan(1);
    expect(asked('/coverage')).toBe(1);
    answer();
    await page.locator('.picture .line').waitFor();
    await page.clock.runFor(6_000);
    await expect.poll(() => asked('/coverage')).toBeGreaterThan(1);
  });

  test.each([
    ['no JSON', 'pong <b>', 'pong <b>'],
    ['numbers longer than a double', '{"n":12345678901234567890123}', '12345678901234567890123'],
    ['100 KB of one list', JSON.stringify(Array.from({ length: 20_000 }, (_, i) => i)), '… 19900 more'],
    ['a hundred thousand levels', '['.repeat(50_000) + ']'.repeat(50_000), '[1 value]'],
  ])('shows a last message of %s', async (_, message, shown) => {
    const server = await serve(1, message);
    const page = await open(`${server.url}#topic=publicTrade.BTCUSDT`);
    await page.locator('.message').waitFor();
    const list = page.locator('.message summary').first();
    if (shown.startsWith('…')) await list.click();
    await expect
      .poll(() => page.locator('.message').innerText())
      .toMatch(new RegExp(`${shown.replace(/[[\]]/g, '\\$&')}|^\\[{50}`));
  });

  test('says so when the server knows no such topic', async () => {
    const server = await serve(1);
    const page = await open(`${server.url}#topic=${encodeURIComponent('<i>none')}`);
    await page.getByText('The details could not be had: There is no such topic.').waitFor();
    expect(await page.getByRole('heading', { name: '<i>none' }).count()).toBe(1);
    // The browser itself tells of a 404.
    expectComplaints('404');
  });
});

test('a location that names nothing leads to all topics, or to the present week', async () => {
  const server = await serve(3);
  const page = await open(server.url);
  for (const hash of ['#=', '#topic=', '#topic', '#__proto__', '#coverage%']) {
    await page.evaluate(`location.hash = '#coverage'`);
    await page.locator('.line').first().waitFor();
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await page.locator('tr.topic').first().waitFor();
  }
  for (const hash of ['#coverage=', '#coverage=year:2026-11-24', '#coverage=day:2026-99-99']) {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await page.getByRole('heading', { name: '23 November 2026 – 29 November 2026' }).waitFor();
    await page.evaluate(`location.hash = '#topics'`);
    await page.locator('tr.topic').first().waitFor();
  }
});

test('everything is reached by the keyboard alone', async () => {
  const server = await serve(60);
  const page = await open(server.url, { viewport: SIZES.desktop });
  await page.locator('tr.topic').first().waitFor();
  for (let i = 0; i < 4; i += 1) await page.keyboard.press('Tab');
  const focused = () => page.evaluate<string>('document.activeElement.textContent');
  expect(await focused()).toBe('publicTrade.XRPUSDT');
  await page.keyboard.press('ArrowDown');
  expect(await focused()).toBe('publicTrade.ADAUSDT');
  await page.keyboard.press('End');
  const last = (await names(page)).at(-1);
  expect(await focused()).toBe(last);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: last ?? '' }).waitFor();
  expect(await focused()).toBe(last);
});

test('a supervisor that goes is told with the seconds since, and one that comes back is shown by itself', async () => {
  const server = await serve(12);
  const page = await open(server.url);
  await page.getByText('10 of 12 topics live').first().waitFor();
  await server.stop();
  await page.getByRole('heading', { name: /^not running for [12] s$/ }).waitFor();
  expect(await page.title()).toMatch(/^not running for \d s · streamer$/);
  server.world = pageWorld(11);
  await server.start();
  await page.getByRole('heading', { name: /^9 of 11 topics live/ }).waitFor();
  // The browser itself tells of refused connections.
  expectComplaints('net::ERR_');
});

test('a supervisor that hangs, with all its connections open, is told like one that is gone', async () => {
  const server = await serve(3);
  const page = await open(server.url);
  await page.getByText('3 of 3 topics live').first().waitFor();
  server.is_hung = true;
  await page.getByRole('heading', { name: /^not running for \d s$/ }).waitFor();
  server.is_hung = false;
  await page.getByRole('heading', { name: /^3 of 3 topics live/ }).waitFor();
});

test('a token is asked for once, is sent with each question, and outlives a reload of the page', async () => {
  const server = await serve(12);
  server.token = 'correct-horse';
  const page = await open(server.url);
  const input = page.getByLabel('The server wants its token');
  await page.getByRole('heading', { name: 'the server wants its token' }).waitFor();
  await input.fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('The server refused that token.').waitFor();
  await input.fill('correct-horse');
  await page.keyboard.press('Enter');
  await page.getByText('10 of 12 topics live').first().waitFor();
  expect(await page.locator('form').count()).toBe(0);
  await page.goto(`${server.url}#topic=publicTrade.ETHUSDT`);
  await page.reload();
  await page.getByText('crash (the capture died)').waitFor();
  expect(await page.locator('form').count()).toBe(0);
  expect(server.asked.some((path) => path.includes('horse'))).toBe(false);
  // The browser itself tells of each 401.
  expectComplaints('401');
});
