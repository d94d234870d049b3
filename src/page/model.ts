// What the page knows of the capture, put together from the events. Knows nothing of how it is shown.

import {
  STEPS_MAX,
  type StepEvent,
  type TickEvent,
  type TopicHead,
  type TopicRow,
  type TopicsEvent,
} from '../shared/page-data.js';
import { printable } from '../shared/printable.js';
import { worstFirst } from '../shared/worst-first.js';

export interface Topic {
  readonly head: TopicHead;
  /** Fit to be shown: the topic, and the name of its files where that is another. */
  readonly label: string;
  /** Null: the first tick has not come. */
  row: TopicRow | null;
  /** Of the last 15 minutes, the oldest first. */
  steps: readonly number[];
}

export class Model {
  topics: readonly Topic[] = [];
  about: TopicsEvent | null = null;
  tick: TickEvent | null = null;
  /** Grows with each change of the order. */
  order_version = 0;
  private by_name = new Map<string, Topic>();
  private sorted: readonly Topic[] | null = null;
  private tick_at_ms = 0;

  takeTopics(event: TopicsEvent): void {
    this.about = event;
    this.topics = event.topics.map((head) => ({
      head,
      label: printable(head.name === head.topic ? head.topic : `${head.topic} (${head.name})`),
      row: null,
      steps: head.steps,
    }));
    this.by_name = new Map(this.topics.map((topic) => [topic.head.name, topic]));
    this.reorder();
  }

  takeTick(tick: TickEvent): void {
    this.tick = tick;
    this.tick_at_ms = performance.now();
    for (const row of tick.rows) {
      const topic = this.topics[row.at];
      if (topic === undefined) continue;
      const before = topic.row;
      topic.row = row;
      const moves =
        before?.state !== row.state ||
        before.silent_since_ms !== row.silent_since_ms ||
        before.dropped !== row.dropped ||
        (before.error === null) !== (row.error === null);
      if (moves) this.reorder();
    }
  }

  takeStep({ messages }: StepEvent): void {
    this.topics.forEach((topic, i) => {
      topic.steps = [...topic.steps, messages[i] ?? 0].slice(-STEPS_MAX);
    });
  }

  find(name: string): Topic | undefined {
    return this.by_name.get(name);
  }

  worstFirst(): readonly Topic[] {
    this.sorted ??= this.topics
      .filter((topic) => topic.row !== null)
      .map((topic) => ({ ...(topic.row as TopicRow), name: topic.head.name, topic }))
      .sort((a, b) => worstFirst(a, b) || (a.name < b.name ? -1 : 1))
      .map(({ topic }) => topic);
    return this.sorted;
  }

  /** By the server's clock, which need not be this machine's. */
  now(): number {
    return (this.tick?.at_ms ?? 0) + performance.now() - this.tick_at_ms;
  }

  private reorder(): void {
    this.sorted = null;
    this.order_version += 1;
  }
}
