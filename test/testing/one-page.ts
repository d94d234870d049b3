// A browser for a file of tests, in which each test has one page open at most. It promises: the browser ends with the
// file, and a page of which the console or the policy complained fails its test.

import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launchBrowser, type OpenPage, openPage } from './browser.js';

export interface OnePage {
  open(url: string, options?: BrowserContextOptions): Promise<Page>;
  /** What the console and the policy complained of until now: whoever takes it answers for it. */
  takeComplaints(): string[];
  /** The same, where all of them must have `kind` in them. */
  expectComplaints(kind: string): void;
}

/** To be called where a file's tests are defined. */
export function onePage(): OnePage {
  let browser: Browser;
  let opened: OpenPage | null = null;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    const complaints = opened?.complaints ?? [];
    await opened?.close();
    opened = null;
    expect(complaints).toEqual([]);
  });
  const takeComplaints = () => opened?.complaints.splice(0) ?? [];
  return {
    async open(url, options) {
      opened = await openPage(browser, url, options);
      return opened.page;
    },
    takeComplaints,
    expectComplaints: (kind) => expect(takeComplaints().filter((one) => !one.includes(kind))).toEqual([]),
  };
}
