// What is in the recordings, said independently of the presets: which topics the client asked for, by request, and of
// which of them a message is.

import { recordedLines, sentTexts } from './recorded.js';

// biome-ignore lint/suspicious/noExplicitAny: messages of many forms, read without a check by what is known of them
type Message = any;

export interface RecordedTopics {
  readonly file: string;
  readonly preset: string;
  /** The topics of a request, in its order; none: it asks for nothing. */
  readonly asked: (sent: Message) => string[];
  /** The topic that a message names; null: none. */
  readonly topicOf: (message: Message, bound: Map<number, string>) => string | null;
}

const args = ({ args }: Message): string[] => args;
const bitfinexTopic = ({ channel, symbol, prec, freq, len }: Message): string =>
  `${channel}:${symbol}${prec === undefined ? '' : `/${prec}/${freq}/${len}`}`;
const COINBASE_CHANNELS: Readonly<Record<string, string>> = {
  snapshot: 'level2',
  l2update: 'level2',
  last_match: 'matches',
  match: 'matches',
  ticker: 'ticker',
};

export const RECORDED: readonly RecordedTopics[] = [
  { file: 'bybit-v5-linear-2026', preset: 'bybit', asked: args, topicOf: ({ topic }) => topic ?? null },
  {
    file: 'binance-usdm-btcusdt-2024',
    preset: 'binance-usdm',
    asked: () => [],
    topicOf: ({ stream }) => stream,
  },
  {
    file: 'okx-v5-2022',
    preset: 'okx',
    asked: ({ args }) => args.map(({ channel, instId }: Message) => `${channel}:${instId}`),
    topicOf: ({ arg }) => `${arg.channel}:${arg.instId}`,
  },
  {
    file: 'coinbase-exchange-2021',
    preset: 'coinbase-exchange',
    asked: ({ product_ids, channels }) => product_ids.map((id: string) => `${channels[0]}:${id}`),
    topicOf: ({ type, product_id }) =>
      type === 'subscriptions' ? null : `${COINBASE_CHANNELS[type]}:${product_id}`,
  },
  {
    file: 'deribit-2021',
    preset: 'deribit',
    asked: ({ params }) => params.channels,
    topicOf: ({ params }) => params?.channel ?? null,
  },
  {
    file: 'bitmex-2021',
    preset: 'bitmex',
    asked: args,
    topicOf: ({ table, data, filter }) => {
      if (table === undefined) return null;
      // All that a message has is of one symbol.
      const symbols = new Set(
        [...data, ...(filter === undefined ? [] : [filter])].map(({ symbol }) => symbol),
      );
      return symbols.size === 1 ? `${table}:${[...symbols][0]}` : 'a mixture';
    },
  },
  {
    file: 'htx-gzip-2021',
    preset: 'htx',
    asked: ({ sub }) => (sub === undefined ? [] : [sub]),
    topicOf: ({ ch }) => ch ?? null,
  },
  {
    file: 'bitfinex-2021',
    preset: 'bitfinex',
    asked: (sent) => (sent.event === 'subscribe' ? [bitfinexTopic(sent)] : []),
    topicOf: (message, bound) => {
      if (message.event === 'subscribed') bound.set(message.chanId, bitfinexTopic(message));
      // One heartbeat came before the message that says of which topic it is.
      if (Array.isArray(message)) return bound.get(message[0]) ?? null;
      return message.event === 'subscribed' ? bitfinexTopic(message) : null;
    },
  },
];

/** The topics of each request that was sent. */
export const requestsOf = ({ file, asked }: RecordedTopics): string[][] =>
  file.startsWith('binance')
    ? []
    : sentTexts(file)
        .map((text) => asked(JSON.parse(text)))
        .filter((topics) => topics.length > 0);

/** Each message, and its topic. */
export function messagesOf({ file, topicOf }: RecordedTopics): { line: string; topic: string | null }[] {
  const bound = new Map<number, string>();
  return recordedLines(file).map((line) => ({ line, topic: topicOf(JSON.parse(line), bound) }));
}

/** All topics, each once: those that were asked for, else those of the messages. */
export function topicsOf(recorded: RecordedTopics): string[] {
  const asked = requestsOf(recorded).flat();
  const topics = asked.length > 0 ? asked : messagesOf(recorded).flatMap(({ topic }) => topic ?? []);
  return [...new Set(topics)];
}
