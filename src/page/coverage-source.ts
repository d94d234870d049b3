// Gives the calendar what the server knows: a few names at a time, so that no question grows too long.

import type { Coverage, TopicCoverage } from '../shared/page-data.js';
import { askJson } from './ask.js';
import type { Model } from './model.js';
import type { CoverageSource } from './picture/calendar.js';
import { topicHref } from './topic-row.js';

/** Longer than this and a server may refuse the request; a single name is always asked for. */
const QUERY_LENGTH_MAX = 6_000;

export function serverCoverage(
  model: Model,
  view: Pick<CoverageSource, 'names' | 'lists_gaps' | 'changed'>,
): CoverageSource {
  return {
    ...view,
    batch: 100,
    hrefOf: topicHref,
    now: () => model.now(),
    async ask(wanted, { from_ms, to_ms }, signal) {
      const topics: TopicCoverage[] = [];
      for (const query of queriesOf(wanted)) {
        const coverage = await askJson<Coverage>(`coverage?from=${from_ms}&to=${to_ms}${query}`, signal);
        topics.push(...coverage.topics);
      }
      return topics;
    },
  };
}

export function queriesOf(names: readonly string[]): readonly string[] {
  const queries: string[] = [];
  let query = '';
  for (const name of names) {
    const part = `&name=${encodeURIComponent(name)}`;
    if (query !== '' && query.length + part.length > QUERY_LENGTH_MAX) {
      queries.push(query);
      query = '';
    }
    query += part;
  }
  return query === '' ? queries : [...queries, query];
}
