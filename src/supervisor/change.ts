// What a configuration that was read again changes: which topics are new, gone or other than before, and what cannot
// change while the supervisor runs.

import type { Settings } from '../shared/settings.js';

/** What a running supervisor holds: another value takes effect at the next start. */
const FIXED = [
  'output_dir',
  'topics_per_process',
  'log_file',
  'log_keep_days',
  'log_to_stdout',
  'status_socket',
  'http_port',
  'http_host',
  'http_token',
] as const;

/** Names of topics. */
export interface Change {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: number;
  /** Keys whose new values wait for the next start. */
  readonly waiting: readonly string[];
}

export function changeOf(before: Settings, after: Settings): Change {
  const texts = ({ topics }: Settings) => new Map(topics.map((topic) => [topic.name, JSON.stringify(topic)]));
  const [old, now] = [texts(before), texts(after)];
  const added = [...now.keys()].filter((name) => !old.has(name));
  const removed = [...old.keys()].filter((name) => !now.has(name));
  const changed = [...now.keys()].filter((name) => old.has(name) && old.get(name) !== now.get(name));
  const waiting = FIXED.filter((key) => before[key] !== after[key]);
  return { added, removed, changed, unchanged: now.size - added.length - changed.length, waiting };
}

/** The settings that hold now. */
export function settingsAfter(before: Settings, after: Settings): Settings {
  return { ...after, ...Object.fromEntries(FIXED.map((key) => [key, before[key]])) };
}

/** The change in a sentence or two. */
export function describeChange({ added, removed, changed, unchanged, waiting }: Change): string {
  const counts = [
    [added.length, 'added'],
    [removed.length, 'removed'],
    [changed.length, 'changed'],
    [unchanged, 'as before'],
  ] as const;
  const topics = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const rest = waiting.length === 0 ? '' : ` At the next start, and not before: ${waiting.join(', ')}.`;
  return `Reloaded, topics: ${topics.join(', ')}.${rest}`;
}
