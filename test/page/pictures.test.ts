// Takes the README's pictures of the dashboard, from the made-up capture of the page's tests: `npm run pictures`. Else
// there is nothing to do, so that no run of the tests changes a file of the project.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { HOUR_MS } from '../../src/shared/coverage-cells.js';
import type { PageGap } from '../../src/shared/page-data.js';
import { launchBrowser, openPage, SIZES } from '../testing/browser.js';
import { PageServer } from '../testing/page-server.js';
import { type PageWorld, pageWorld } from '../testing/page-world.js';
import { PROJECT } from '../testing/supervised.js';

const BYTES_MAX = 130_000;
const DESKTOP = { width: 1120, height: 600 };
const MONDAY_MS = Date.UTC(2026, 10, 16);

/** The same capture, as the one of a good week with a few bad hours. */
function picturedWorld(): PageWorld {
  const world = pageWorld(24);
  const [at, error] = [5, 'the connection was lost: ECONNRESET; next try in 4 s'];
  const row = world.rows[at];
  if (row !== undefined) world.rows[at] = { ...row, error };
  const heads = world.topics.topics.map((head, i) =>
    world.rows[i]?.state === 'rejected' ? { ...head, steps: head.steps.map(() => 0) } : head,
  );
  const gaps = heads.map((_, i): PageGap[] => {
    const gap = (hours: number, minutes: number, reason: PageGap['reason']): PageGap => {
      const from_ms = MONDAY_MS + hours * HOUR_MS;
      return { from_ms, to_ms: from_ms + minutes * 60_000, reason };
    };
    return [
      ...(i === 3 ? [gap(11.4, 990, 'rejected')] : []),
      ...(i % 4 === 1 ? [gap(31.2 + i / 50, 7, 'disconnected')] : []),
      // Somebody updated the machine.
      gap(58.1, 26 + (i % 3) * 4, 'stopped'),
      ...(i === 9 ? [gap(83.4, 340, 'stale')] : []),
      ...(i % 7 === 2 ? [gap(109.3 + i, 0.4, 'overflow')] : []),
      ...(i % 6 === 0 ? [gap(120.9 + i / 3, 19, 'crash')] : []),
    ];
  });
  return {
    ...world,
    topics: { ...world.topics, topics: heads },
    coverageIn: (names, from_ms, to_ms) => {
      const told = world.coverageIn(names, from_ms, to_ms);
      if (from_ms !== MONDAY_MS) return told;
      const gapsOf = (name: string) => gaps[heads.findIndex((head) => head.name === name)] ?? [];
      return {
        ...told,
        topics: told.topics.map((topic) => ({
          ...topic,
          from_ms: Math.min(topic.from_ms ?? from_ms, from_ms + 5 * HOUR_MS),
          to_ms,
          gaps: gapsOf(topic.name),
        })),
      };
    },
  };
}

interface Picture {
  readonly hash: string;
  readonly options: BrowserContextOptions;
  readonly ready: (page: Page) => Promise<unknown>;
}

const PICTURES: Readonly<Record<string, Picture>> = {
  dashboard: {
    hash: '#topics',
    options: { viewport: DESKTOP },
    ready: (page) => page.locator('tr.topic').nth(10).waitFor(),
  },
  'dashboard-dark-phone': {
    hash: '#topics',
    options: { viewport: SIZES.phone, colorScheme: 'dark' },
    ready: (page) => page.locator('tr.topic').nth(4).waitFor(),
  },
  topic: {
    hash: '#topic=publicTrade.ETHUSDT',
    options: { viewport: { ...DESKTOP, height: 856 } },
    ready: (page) => page.locator('.message summary').first().waitFor(),
  },
  coverage: {
    hash: '#coverage=week:2026-11-16',
    options: { viewport: DESKTOP },
    ready: (page) => page.locator('.line').nth(10).waitFor(),
  },
};

test.runIf(process.env.PICTURES)('the pictures are taken, and none is large', async () => {
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const server = new PageServer(picturedWorld());
  await server.start();
  onTestFinished(() => server.stop());
  for (const [name, { hash, options, ready }] of Object.entries(PICTURES)) {
    const { page, close } = await openPage(browser, server.url + hash, options);
    await ready(page);
    await page
      .locator('.line')
      .first()
      .waitFor({ state: hash === '#topics' ? 'detached' : 'visible' });
    const path = join(PROJECT, 'docs', `${name}.png`);
    await page.screenshot({ path });
    expect((await stat(path)).size).toBeLessThan(BYTES_MAX);
    await close();
  }
});
