// Promises about which topics share a process, at the start and after any sequence of changes.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Settings } from '../../src/shared/settings.js';
import { changeOf, settingsAfter } from '../../src/supervisor/change.js';
import { groupsOf, regroup } from '../../src/supervisor/groups.js';
import { topicSettings } from '../testing/topic-settings.js';

const topics = (...names: string[]) => names.map((name) => topicSettings({ topic: name, name }));

function settingsOf(size: number, of: Settings['topics']): Settings {
  return {
    output_dir: '/o',
    topics: of,
    topics_per_process: size,
    status_interval_ms: 1,
    log_file: '',
    log_keep_days: 1,
    log_to_stdout: false,
    status_socket: '',
    http_port: null,
    http_host: '127.0.0.1',
    http_token: null,
  };
}

const namesOf = (groups: ReturnType<typeof groupsOf>) =>
  groups.map(({ topics, control_name }) => [control_name, ...topics.map(({ name }) => name)]);

describe('at the start', () => {
  test('each topic has a process, and no control file, where they do not share', () => {
    expect(namesOf(groupsOf(topics('a', 'b'), 1))).toEqual([
      [null, 'a'],
      [null, 'b'],
    ]);
  });

  test('else so many share one, in the order of the configuration, each with a control name of its own', () => {
    expect(namesOf(groupsOf(topics('a', 'b', 'c', 'd', 'e'), 2))).toEqual([
      ['_control', 'a', 'b'],
      ['_control.2', 'c', 'd'],
      ['_control.3', 'e'],
    ]);
  });
});

describe('after a change', () => {
  const before = [
    { names: ['a', 'b'], control_name: '_control' },
    { names: ['c', 'd'], control_name: '_control.2' },
  ];
  const none = { added: [], removed: [], changed: [], unchanged: 0, waiting: [] };

  test('what is new takes the places that were left, and new processes take the rest', () => {
    const change = { ...none, added: ['e', 'f', 'g'], removed: ['b'] };
    const after = settingsOf(2, topics('a', 'c', 'd', 'e', 'f', 'g'));
    const { changes, fresh } = regroup(before, change, after);
    expect(changes.map(({ remove, add }) => [remove, add.map(({ name }) => name)])).toEqual([
      [['b'], ['e']],
      [[], []],
    ]);
    expect(namesOf(fresh)).toEqual([['_control.3', 'f', 'g']]);
  });

  test('what has changed stays in its process', () => {
    const { changes, fresh } = regroup(
      before,
      { ...none, changed: ['c'] },
      settingsOf(2, topics('a', 'b', 'c', 'd')),
    );
    expect(changes.map(({ remove, add }) => [remove, add.map(({ name }) => name)])).toEqual([
      [[], []],
      [['c'], ['c']],
    ]);
    expect(fresh).toEqual([]);
  });

  test('a process that loses all its topics is given others if there are any, and none if not', () => {
    const change = { ...none, added: ['e'], removed: ['a', 'b', 'c', 'd'] };
    const { changes } = regroup(before, change, settingsOf(2, topics('e')));
    expect(changes.map(({ add }) => add.map(({ name }) => name))).toEqual([['e'], []]);
  });

  test('a process of its own is not told of a change: the topic has a new one', () => {
    const single = ['a', 'b', 'c'].map((name) => ({ names: [name], control_name: null }));
    const change = { ...none, added: ['d'], removed: ['a'], changed: ['b'] };
    const { changes, fresh } = regroup(single, change, settingsOf(1, topics('b', 'c', 'd')));
    expect(changes).toEqual([
      { remove: ['a'], add: [] },
      { remove: ['b'], add: [] },
      { remove: [], add: [] },
    ]);
    expect(namesOf(fresh)).toEqual([
      [null, 'b'],
      [null, 'd'],
    ]);
  });
});

interface Running {
  readonly names: readonly string[];
  readonly control_name: string | null;
}

/** As the supervisor does it: a group without topics ends. */
function reload(
  running: readonly Running[],
  before: Settings,
  after: Settings,
): { running: Running[]; settings: Settings } {
  const change = changeOf(before, after);
  const settings = settingsAfter(before, after);
  const { changes, fresh } = regroup(running, change, settings);
  const changed = running.map(({ names, control_name }, i) => {
    const { remove = [], add = [] } = changes[i] ?? {};
    return {
      control_name,
      names: [...names.filter((name) => !remove.includes(name)), ...add.map(({ name }) => name)],
    };
  });
  const all = [
    ...changed,
    ...fresh.map(({ topics, control_name }) => ({ control_name, names: topics.map(({ name }) => name) })),
  ];
  return { running: all.filter(({ names }) => names.length > 0), settings };
}

/** Names, each with a version: another one is a change of the topic. */
const configuration = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 2 })), {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 12,
  })
  .map((all) =>
    all.map(([n, version]) => topicSettings({ topic: `t${n}`, name: `t${n}`, buffer_size: version })),
  );

test('after any sequence of reloads every topic is in one group, no group is too large, no two have a control name in common, and what has not changed has not moved', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(configuration, { minLength: 1, maxLength: 8 }),
      (size, all) => {
        const [first = [], ...rest] = all;
        let settings = settingsOf(size, first);
        let running: readonly Running[] = groupsOf(first, size).map(({ topics, control_name }) => ({
          control_name,
          names: topics.map(({ name }) => name),
        }));
        for (const next of rest) {
          const before = running;
          const { unchanged, ...change } = changeOf(settings, settingsOf(size, next));
          ({ running, settings } = reload(running, settings, settingsOf(size, next)));
          const captured = running.flatMap(({ names }) => names);
          expect([...captured].sort()).toEqual(next.map(({ name }) => name).sort());
          expect(Math.max(...running.map(({ names }) => names.length))).toBeLessThanOrEqual(size);
          const control = running.flatMap(({ control_name }) => control_name ?? []);
          expect(new Set(control).size).toBe(control.length);
          expect(control).toHaveLength(size === 1 ? 0 : running.length);
          const others = captured.filter((name) => ![...change.added, ...change.changed].includes(name));
          expect(others).toHaveLength(unchanged);
          const groupOf = (groups: readonly Running[], name: string) =>
            groups.findIndex(({ names }) => names.includes(name));
          for (const name of others) {
            const group = before[groupOf(before, name)];
            // In the same process: those that were there and are others' neighbours still.
            expect(running[groupOf(running, name)]?.control_name).toBe(group?.control_name);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});
