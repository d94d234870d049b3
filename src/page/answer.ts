// The answer in words: what of the capture stands at the top of the page and in its title.

import { formatBytes } from '../shared/format.js';
import { isSilent } from '../shared/worst-first.js';
import type { Model } from './model.js';
import { countWords, plural, rateWords, roughWords } from './words.js';

export interface Part {
  readonly words: string;
  readonly is_bad: boolean;
  /** Changes seldom enough to be read out. */
  readonly is_steady: boolean;
}

/** Less than this and the disk needs somebody. */
const DISK_MS_MIN = 3 * 24 * 3_600_000;

export function answerParts(model: Pick<Model, 'tick' | 'topics'>): readonly Part[] {
  const { tick, topics } = model;
  if (tick === null) return [];
  const parts: Part[] = [];
  const say = (words: string, is_bad = false, is_steady = true): void => {
    parts.push({ words, is_bad, is_steady });
  };
  if (tick.state !== 'running') say(`the supervisor is ${tick.state}`, tick.state === 'stopping');
  const live = tick.live_topics;
  say(`${countWords(live)} of ${plural(topics.length, 'topic')} live`, live < topics.length);
  const silent = topics.filter(
    ({ row, head }) => row !== null && isSilent(row) && head.silence_counts,
  ).length;
  if (silent > 0) say(`${countWords(silent)} silent`, true);
  if (tick.gaps_today !== null) say(`${plural(tick.gaps_today, 'gap')} today`, tick.gaps_today > 0);
  say(`${rateWords(tick.rate_per_min)} msg/min`, false, false);
  const { disk_lasts_s, disk_free_bytes } = tick;
  if (disk_lasts_s !== null) {
    say(`disk for ${roughWords(disk_lasts_s * 1000)}`, disk_lasts_s * 1000 < DISK_MS_MIN, false);
  } else if (disk_free_bytes !== null) {
    say(`${formatBytes(disk_free_bytes)} of disk free`, disk_free_bytes === 0, false);
  }
  return parts;
}
