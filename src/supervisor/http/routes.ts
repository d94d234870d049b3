// The paths that give data, each made of a function that knows it.

import type { Coverage, TopicDetails } from '../../shared/page-data.js';
import type { StatusDocument } from '../../shared/status.js';
import { type Answer, type Handler, json, refusal } from './answer.js';
import { type CoverageQuery, readCoverageQuery, readTopicQuery } from './query.js';

/** An answer serves all who ask within this time, so that asking often costs nothing. */
const SHARED_MS = 100;

/** 200 where each topic is live, else 503 with those that are not. */
export function health(status: () => StatusDocument): Handler {
  return shared(() => {
    const { state, live_topics, topics } = status();
    const others = topics.filter((topic) => topic.state !== 'live');
    const not_live = others.map(({ name, state, error }) => ({ name, state, error }));
    const counts = { topic_count: topics.length, live_topics, not_live };
    return json(others.length === 0 ? 200 : 503, { ok: others.length === 0, state, ...counts });
  });
}

export function wholeStatus(status: () => StatusDocument): Handler {
  return shared(() => json(200, status()));
}

/** `details` gives null where there is no such topic. */
export function topic(details: (name: string) => Promise<TopicDetails | null>): Handler {
  return async (query) => {
    const read = readTopicQuery(query);
    if ('problem' in read) return refusal(400, read.problem);
    const found = await details(read.value);
    return found === null ? unknownTopic(read.value) : json(200, found);
  };
}

/** `topics` are those of now, by name. */
export function coverage(
  topics: () => { has(name: string): boolean },
  cover: (query: CoverageQuery) => Promise<Coverage>,
): Handler {
  return async (query) => {
    const read = readCoverageQuery(query);
    if ('problem' in read) return refusal(400, read.problem);
    const there = topics();
    const stranger = read.value.names.find((name) => !there.has(name));
    return stranger === undefined ? json(200, await cover(read.value)) : unknownTopic(stranger);
  };
}

/** What monitoring systems read. */
export function metrics(
  render: () => Promise<{ readonly content_type: string; readonly text: string }>,
): Handler {
  return async () => {
    const { content_type, text } = await render();
    return { status: 200, type: content_type, body: text };
  };
}

function unknownTopic(name: string): Answer {
  return refusal(404, `There is no topic with the name ${JSON.stringify(name)}.`);
}

function shared(make: () => Answer): Handler {
  let answer: Answer | null = null;
  let made_at = 0;
  return () => {
    const now = performance.now();
    if (answer === null || now - made_at >= SHARED_MS) {
      const made = make();
      // As bytes, so that those who read slowly hold one and the same.
      answer = { ...made, body: Buffer.from(made.body) };
      made_at = now;
    }
    return answer;
  };
}
