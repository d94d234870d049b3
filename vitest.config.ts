// Three kinds of test: `unit` imports src/ directly; `process` runs the built programs in dist/ as real
// processes, two files at a time and no more, because they watch time; `page` opens the built pages in Chromium.
//
// Who has no Chromium, or no promtool, which test/deploy asks, can run the rest, and is told what is left out; where CI
// is set they are wanted.
import { spawnSync } from 'node:child_process';
import { defineConfig } from 'vitest/config';

const isThere = (program: string) => spawnSync(program, ['--version']).error === undefined;
const wanted = [
  { program: process.env.CHROMIUM ?? '/usr/bin/chromium', package: 'chromium', tests: 'test/page/**' },
  { program: 'promtool', package: 'prometheus', tests: 'test/deploy/**' },
];
const missing = process.env.CI === undefined ? wanted.filter(({ program }) => !isThere(program)) : [];
for (const { program, package: name, tests } of missing)
  console.warn(`Left out: ${tests}. They want ${program} (apt-get install ${name}).`);
const left_out = missing.map(({ tests }) => tests);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // They wait more than they work: for timeouts, and for sockets.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
          include: ['test/**/*.test.ts'],
          exclude: ['test/process/**', 'test/page/**', ...left_out],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'process',
          include: ['test/process/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 30_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'page',
          include: ['test/page/**/*.test.ts'],
          exclude: left_out,
          // A browser takes its time on a busy machine.
          expect: { poll: { timeout: 10_000 } },
          testTimeout: 30_000,
          hookTimeout: 30_000,
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
