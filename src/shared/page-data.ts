// What the supervisor's HTTP server gives to the dashboard, and what the picture of completeness is drawn from, be it
// on the dashboard or in the page that `streamer verify --html` writes. Types only: the page is built for browsers.
//
// All times are Unix milliseconds.

import type { LogLevel } from './ipc.js';
import type { GapReason } from './ledger-records.js';
import type { Reloaded, StatusDocument, TopicStatus } from './status.js';

/** How the messages of the last 15 minutes are kept, for sparklines and charts: so many steps of so long. */
export const STEP_MS = 10_000;
export const STEPS_MAX = 90;

/**
 * `/events` is a stream of server-sent events. First `topics`, and again when the topics themselves changed (a
 * reload); then `tick` each second, `step` each `STEP_MS`. The data of each is JSON.
 */
export interface PageEvents {
  readonly topics: TopicsEvent;
  readonly tick: TickEvent;
  readonly step: StepEvent;
}

export interface TopicsEvent {
  readonly at_ms: number;
  readonly version: string;
  readonly pid: number;
  readonly started_at_ms: number;
  readonly output_dir: string;
  /** In the order of the configuration: rows and steps name a topic by its place here. */
  readonly topics: readonly TopicHead[];
}

/** What of a topic stays as it is. */
export interface TopicHead
  extends Pick<TopicStatus, 'topic' | 'name' | 'ws_url' | 'buffer_size' | 'silence_counts'> {
  /** Messages of each step that is over, the oldest first, at most `STEPS_MAX`. */
  readonly steps: readonly number[];
}

export interface TickEvent
  extends Pick<
    StatusDocument,
    'state' | 'uptime_s' | 'total_messages' | 'total_bytes' | 'rate_per_min' | 'live_topics'
  > {
  readonly at_ms: number;
  readonly reloaded: Reloaded | null;
  /** Gaps that reach into this UTC day, of all topics, as the ledgers tell; null: not known yet. */
  readonly gaps_today: number | null;
  /** On the volume of the output folder; null: the system does not tell. */
  readonly disk_free_bytes: number | null;
  /** For so long that lasts at the present rate; null: nothing is written, or not for long enough to tell. */
  readonly disk_lasts_s: number | null;
  /** All topics after `topics`, and then those of which something changed. */
  readonly rows: readonly TopicRow[];
}

/** What of a topic changes. */
export interface TopicRow
  extends Pick<
    TopicStatus,
    | 'state'
    | 'since_ms'
    | 'messages'
    | 'bytes'
    | 'rate_per_min'
    | 'last_message_at_ms'
    | 'silent_since_ms'
    | 'buffered'
    | 'dropped'
    | 'reconnects'
    | 'restarts'
    | 'gaps'
    | 'memory_bytes'
    | 'error'
  > {
  /** The topic's place in `topics`. */
  readonly at: number;
  /** From the time that the newest message states to its receipt; null: its protocol states none. */
  readonly event_lag_ms: number | null;
}

export interface StepEvent {
  /** The end of the step. */
  readonly at_ms: number;
  /** Of each topic, in order. */
  readonly messages: readonly number[];
}

/** `/topic?name=NAME`: what opens when a topic is clicked. 404 where there is no such topic. */
export interface TopicDetails {
  readonly name: string;
  readonly at_ms: number;
  /** The charts: steps that are over, the oldest first; the last one ended at `ended_at_ms`. */
  readonly steps: {
    readonly ended_at_ms: number;
    readonly messages: readonly number[];
    /** Mean and longest time from the receipt of a message to its being written; null: none was written. */
    readonly write_ms_mean: readonly (number | null)[];
    readonly write_ms_max: readonly (number | null)[];
  };
  /** The latest ones, newest first. */
  readonly gaps: readonly PageGap[];
  readonly gap_count: number;
  /** The latest ones, newest first. */
  readonly files: readonly PageFile[];
  readonly file_count: number;
  /** Null: nothing is written yet. */
  readonly last_message: {
    /** Its beginning, if it is long. */
    readonly text: string;
    readonly bytes: number;
  } | null;
  /** The latest lines of the log that are about the topic, the oldest first. */
  readonly log: readonly { readonly at_ms: number; readonly level: LogLevel; readonly message: string }[];
}

export interface PageFile {
  readonly file: string;
  readonly hour_ms: number;
  /** On the disk. */
  readonly bytes: number;
  /** Null: not sealed yet. */
  readonly messages: number | null;
}

export interface PageGap {
  readonly from_ms: number;
  /** Null: it is open. */
  readonly to_ms: number | null;
  readonly reason: GapReason;
  readonly detail?: string;
  readonly messages?: number;
}

/** `/coverage?from=MS&to=MS&name=NAME&name=…`: of the topics that are named, in their order. */
export interface Coverage {
  readonly at_ms: number;
  readonly topics: readonly TopicCoverage[];
}

/** Between `from_ms` and `to_ms` all is vouched for but what lies in a gap. */
export interface TopicCoverage {
  readonly name: string;
  /** Since when the topic is captured; null: it never was live. */
  readonly from_ms: number | null;
  readonly to_ms: number | null;
  /** Those that reach into the time that was asked for, in order of their start. */
  readonly gaps: readonly PageGap[];
}

/** What `streamer verify --html` puts into the page that it writes, in the place of `null` in `#report-data`. */
export interface ReportPage {
  /** The folder's own name, without the path to it. */
  readonly dir: string;
  readonly verified_at_ms: number;
  /** Damage outweighs gaps; a hole in a sequence counts as a gap. */
  readonly verdict: 'whole' | 'gaps' | 'damaged';
  /** Of the program. */
  readonly version: string;
  /** By name. */
  readonly topics: readonly ReportTopic[];
}

/** `from_ms` and `to_ms` are those of the time that was looked at, so far as the topic was captured in it. */
export interface ReportTopic extends TopicCoverage {
  /** The share of that time that is in no gap, from 0 to 1; null: there is no such time. */
  readonly covered: number | null;
  readonly files: number;
  readonly messages: number;
  /** Of the messages, unpacked. */
  readonly bytes: number;
  /** What is damaged, a sentence each that begins with the file and its line. */
  readonly damage: readonly string[];
  /** Numbers that a sequence passed over; null: they were not looked for. */
  readonly holes: number | null;
}
