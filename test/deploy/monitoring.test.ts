// The rules and the dashboard in deploy/, held against what /metrics really gives, by Prometheus' own tool.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NO_WRITES } from '../../src/shared/write-latency.js';
import { renderMetrics } from '../../src/supervisor/http/metrics.js';
import { NOW_MS, statusDocument, topicStatus } from '../status-cli/documents.js';
import { testFolder } from '../testing/folder.js';
import { PROJECT } from '../testing/supervised.js';

const RULES = join(PROJECT, 'deploy', 'prometheus-alerts.yml');
const RULES_TEST = join(PROJECT, 'test', 'deploy', 'alerts.promtool.yml');
const DASHBOARD = join(PROJECT, 'deploy', 'grafana-dashboard.json');

/** What promtool says where it finds a fault; empty: it finds none. */
function promtool(args: readonly string[], input = ''): string {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  if (error !== undefined) {
    throw new Error(
      `promtool cannot be run (${error.message}): install it with "apt-get install prometheus".`,
    );
  }
  return status === 0 ? '' : `${stdout}${stderr}`;
}

/** With every figure in it, and a topic whose name has all that must be escaped. */
async function metrics(): Promise<string> {
  const name = 'a "quoted" back\\slash\nline é';
  const topics = [topicStatus('a', { event_lag_ms: 5 }), topicStatus(name, { event_lag_ms: -5 })];
  const status = statusDocument(topics, { reloaded: { at_ms: NOW_MS, ok: true, message: 'Reloaded' } });
  const capture = {
    pid: 2,
    role: 'capture',
    name,
    topics: [name],
    memory_bytes: 4e7,
    cpu_share: 0.1,
  } as const;
  return (await renderMetrics(status, [capture], new Map([[name, NO_WRITES]]))).text;
}

const namesIn = (text: string) => [...new Set(text.match(/\bstreamer_\w+/g))].sort();

test('promtool finds no fault with the metrics', async () => {
  expect(promtool(['check', 'metrics'], await metrics())).toBe('');
  expect(promtool(['check', 'metrics'], 'streamer_x_total{ 1\n')).not.toBe('');
});

test('promtool finds no fault with the alert rules, and each fires on what it is for', () => {
  expect(promtool(['check', 'rules', RULES])).toBe('');
  expect(promtool(['test', 'rules', RULES_TEST])).toBe('');
});

test('each alert is tested, and says what happened and what to do', () => {
  const rules = readFileSync(RULES, 'utf8')
    .split(/^ {6}- alert: /m)
    .slice(1);
  const tested = readFileSync(RULES_TEST, 'utf8');
  expect(rules.length).toBeGreaterThan(10);
  for (const rule of rules) {
    const [name = ''] = rule.split('\n');
    expect(tested, name).toMatch(new RegExp(`\\b${name}\\b`));
    expect(rule, name).toMatch(/severity: (critical|warning|info)\n/);
    expect(rule, name).toMatch(/ {10}summary: [A-Z].*\.\n/);
    expect(rule, name).toMatch(/ {10}action: [A-Z].*\.\n/);
  }
});

test.each([
  ['the alert rules', RULES],
  ['the dashboard', DASHBOARD],
])('%s name only metrics that there are', async (_what, file) => {
  const there = namesIn(await metrics());
  const named = namesIn(readFileSync(file, 'utf8'));
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((name) => !there.includes(name))).toEqual([]);
});

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

test('each panel of the dashboard has an expression that Prometheus reads, a title, and a place of its own', async () => {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { panels: readonly Panel[] };
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  // Grafana puts the variables in.
  const filled = expressions.map((expr) => expr.replace(/\$__rate_interval/g, '1m').replace(/\$\w+/g, '.*'));
  const records = filled.map((expr, i) => ({ record: `panel:${i}`, expr }));
  const file = join(await testFolder(), 'panels.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: records }] }));
  expect(promtool(['check', 'rules', file])).toBe('');
  for (const { title, gridPos } of panels) {
    expect(title).not.toBe('');
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
  }
  const overlaps = panels.flatMap((a, i) => panels.slice(i + 1).filter((b) => meet(a.gridPos, b.gridPos)));
  expect(overlaps).toEqual([]);
});

const meet = (a: Panel['gridPos'], b: Panel['gridPos']) =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
