// Which topics share a capture process: so many each, in the order of the configuration. With more than one a process
// it has files for messages of no topic, which no other process may write: `_control`, `_control.2`, … When the
// configuration changes, a topic stays in its process, and what is new takes the free places first.

import { CONTROL_NAME } from '../shared/names.js';
import type { Settings, TopicSettings } from '../shared/settings.js';
import type { Change } from './change.js';

export interface Group {
  readonly topics: readonly TopicSettings[];
  /** Null: a process for one topic, and every message is its. */
  readonly control_name: string | null;
}

/** What becomes of a group. */
export interface GroupChange {
  readonly remove: readonly string[];
  readonly add: readonly TopicSettings[];
}

/** The topics in groups. `taken`: control names of groups that are there already. */
export function groupsOf(
  topics: readonly TopicSettings[],
  topics_per_process: number,
  taken: readonly (string | null)[] = [],
): Group[] {
  if (topics_per_process === 1) return topics.map((topic) => ({ topics: [topic], control_name: null }));
  const groups: Group[] = [];
  for (let at = 0; at < topics.length; at += topics_per_process) {
    const control_name = freeControlName([...taken, ...groups.map((group) => group.control_name)]);
    groups.push({ topics: topics.slice(at, at + topics_per_process), control_name });
  }
  return groups;
}

function freeControlName(taken: readonly (string | null)[]): string {
  let name = CONTROL_NAME;
  for (let number = 2; taken.includes(name); number += 1) name = `${CONTROL_NAME}.${number}`;
  return name;
}

/**
 * What becomes of groups of these names under new settings; a group that loses all its topics gets none.
 * @returns a change for each of them, and the groups that are new.
 */
export function regroup(
  groups: readonly { readonly names: readonly string[]; readonly control_name: string | null }[],
  { added, removed, changed }: Change,
  { topics, topics_per_process }: Settings,
): { changes: GroupChange[]; fresh: Group[] } {
  const topicsOf = (names: readonly string[]) => topics.filter(({ name }) => names.includes(name));
  if (topics_per_process === 1) {
    // A process for one topic is not told of another: it ends, and the topic has a new one.
    const gone = [...removed, ...changed];
    const changes = groups.map(({ names }) => ({
      remove: names.filter((name) => gone.includes(name)),
      add: [],
    }));
    return { changes, fresh: groupsOf(topicsOf([...added, ...changed]), 1) };
  }
  const waiting = topicsOf(added);
  const changes = groups.map(({ names }) => {
    const remove = names.filter((name) => removed.includes(name) || changed.includes(name));
    const again = topicsOf(names.filter((name) => changed.includes(name)));
    const free = topics_per_process - (names.length - remove.length + again.length);
    return { remove, add: [...again, ...waiting.splice(0, Math.max(0, free))] };
  });
  const taken = groups.map(({ control_name }) => control_name);
  return { changes, fresh: groupsOf(waiting, topics_per_process, taken) };
}
