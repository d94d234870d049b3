// Promises about what PM2 is told: each figure with its unit, the same names whatever is known, and an answer to each
// action that is offered.

import { expect, test } from 'vitest';
import { tellActions, tellMetrics } from '../../src/supervisor/pm2.js';
import { statusDocument, topicStatus } from '../status-cli/documents.js';

interface Monitor {
  readonly type: string;
  readonly data: Readonly<Record<string, { readonly value: unknown; readonly unit: string }>>;
}

/** As `pm2 show` and `pm2 monit` put it together. */
function shown(...given: Parameters<typeof statusDocument>): Record<string, string> {
  const sent: Monitor[] = [];
  tellMetrics((message) => sent.push(message as Monitor), statusDocument(...given));
  expect(sent.map(({ type }) => type)).toEqual(['axm:monitor']);
  const figures = Object.entries(sent[0]?.data ?? {});
  return Object.fromEntries(figures.map(([name, { value, unit }]) => [name, `${value} ${unit}`]));
}

test('each figure is told with its unit, over all topics', () => {
  const a = { buffered: 3, dropped: 1, gaps: 2, gap_ms: 1_040, reconnects: 2, event_lag_ms: -5 };
  const b = { buffered: 4, dropped: 9, gaps: 1, gap_ms: 300, reconnects: 0, event_lag_ms: 70 };
  const topics = [topicStatus('a', a), topicStatus('b', { ...b, state: 'waiting' }), topicStatus('c')];
  expect(shown(topics)).toEqual({
    Messages: '7260.12 msg/min',
    'Live topics': '2/3 topics',
    'Longest lag': '70 ms',
    Buffered: '7 messages',
    Dropped: '10 messages',
    Gaps: '3 of 1.3 s in all',
    Reconnects: '2 since the start',
    'Memory of captures': '150 MiB',
  });
});

test('the names are the same where nothing is known, in the same order', () => {
  const names = Object.keys(shown([topicStatus('a', { event_lag_ms: 1 })]));
  expect(Object.keys(shown([topicStatus('a')]))).toEqual(names);
  expect(shown([topicStatus('a')])['Longest lag']).toBe('unknown ');
});

test('each action that is offered is answered under its name, and nothing else is', async () => {
  const sent: unknown[] = [];
  const answer = tellActions((message) => sent.push(message), {
    status: async () => 'well',
    reload: async () => 'done',
  });
  const offered = ['status', 'reload'].map((action_name) => ({
    type: 'axm:action',
    data: { action_name, action_type: 'custom', arity: 0 },
  }));
  expect(sent.splice(0)).toEqual(offered);
  // PM2 sends the name, or an object where something goes with it.
  for (const message of ['status', { msg: 'reload' }, 'shutdown', 'toString', null, 7, {}]) answer(message);
  await Promise.resolve();
  expect(sent).toEqual([
    { type: 'axm:reply', data: { return: 'well', action_name: 'status' } },
    { type: 'axm:reply', data: { return: 'done', action_name: 'reload' } },
  ]);
});
