// What the dashboard costs: its files, and a browser that shows a thousand topics of which each changes each second.

import { stat } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { launchBrowser, openPage } from '../testing/browser.js';
import { PageServer, pageFile } from '../testing/page-server.js';
import { NOW_MS, pageWorld } from '../testing/page-world.js';

const SCRIPT_MS_MAX = 16;
const HEAP_BYTES_MAX = 50e6;
const UPDATES = 12;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test('all files of the dashboard together are under 100 KB', async () => {
  const sizes = await Promise.all(
    ['index.html', 'app.js', 'app.css'].map(async (name) => (await stat(pageFile(name))).size),
  );
  expect(sizes.reduce((a, b) => a + b)).toBeLessThan(100_000);
});

test('an update of a thousand topics takes under 16 ms of script, and the page under 50 MB', async () => {
  const server = new PageServer(pageWorld(1000));
  await server.start();
  onTestFinished(() => server.stop());
  const { page, close } = await openPage(browser, server.url);
  await page.locator('tr.topic').first().waitFor();
  expect(await page.locator('tr.topic').count()).toBeLessThan(60);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const metric = async (name: string): Promise<number> => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find((one) => one.name === name)?.value ?? Number.NaN;
  };
  await devtools.send('Profiler.enable');
  await devtools.send('Profiler.setSamplingInterval', { interval: 100 });
  /** All of the page's script, and the parsing of what came; not the browser's own work. */
  const profiledMs = async (): Promise<number> => {
    const { nodes, samples = [], timeDeltas = [] } = (await devtools.send('Profiler.stop')).profile;
    const outside = new Set(['(idle)', '(program)', '(root)']);
    const ids = new Set(
      nodes.filter(({ callFrame }) => !outside.has(callFrame.functionName)).map(({ id }) => id),
    );
    return (
      timeDeltas.reduce((sum, delta_us, i) => sum + (ids.has(samples[i] ?? -1) ? delta_us : 0), 0) / 1000
    );
  };
  const costs_ms: number[] = [];
  for (let i = 1; i <= UPDATES; i += 1) {
    const rows = server.world.rows.map((row) => ({
      ...row,
      messages: row.messages + 10 * i,
      rate_per_min: row.rate_per_min + i,
      last_message_at_ms: NOW_MS - i * 100,
      buffered: i,
      // Some change their place.
      state: (row.at * 7 + i) % 100 === 0 ? ('waiting' as const) : row.state,
    }));
    await devtools.send('Profiler.start');
    server.send('step', { at_ms: NOW_MS, messages: rows.map((row) => row.at + i) });
    server.send('tick', server.world.tick(rows, { rate_per_min: 1_000_000 + i }));
    const rate = `${(1_000_000 + i).toLocaleString('en')} msg/min`;
    await expect.poll(() => page.title(), { interval: 20 }).toContain(rate);
    costs_ms.push(await profiledMs());
  }
  await devtools.send('HeapProfiler.collectGarbage');
  const heap_bytes = await metric('JSHeapUsedSize');
  await close();
  const median_ms = costs_ms.sort((a, b) => a - b)[UPDATES / 2] ?? Number.NaN;
  console.log(
    `script of an update: median ${median_ms.toFixed(1)} ms, longest ${costs_ms.at(-1)?.toFixed(1)} ms; heap ${(heap_bytes / 1e6).toFixed(1)} MB`,
  );
  // Other programs on the machine make it longer, never shorter.
  expect(costs_ms[0]).toBeLessThan(SCRIPT_MS_MAX);
  expect(heap_bytes).toBeLessThan(HEAP_BYTES_MAX);
});
