// What a demo plays: the topics, the feed that has them, and how the capture shares its connections. Without an exchange
// it is Bybit with one process a topic; with one, that exchange with all topics in one process, on one connection where
// its messages tell them apart.

import { generatedSource } from '../replay/generate.js';
import type { Source } from '../replay/source.js';
import { bybitSpeech, type Speak } from '../replay/speech.js';
import { bybit } from '../shared/protocols/bybit.js';
import { COINS } from './exchanges/exchange.js';
import { EXCHANGES } from './exchanges/index.js';
import { exchangeSource, topicsOf } from './market.js';
import { exchangeSpeech, owner, pathOf } from './speech.js';

export interface Stage {
  /** As a sentence names the exchange. */
  readonly title: string;
  readonly protocol: string;
  /** The trades first: they are what the user is shown how to read. */
  readonly topics: readonly string[];
  /** Whether the topics share a process. */
  readonly is_shared: boolean;
  readonly source: Source;
  readonly speak: Speak;
  /** The path under which the feed is asked for the topic. */
  pathOf(topic: string): string;
}

export const EXCHANGE_NAMES: readonly string[] = [bybit.name, ...EXCHANGES.map(({ preset }) => preset.name)];

const BYBIT_PATH = '/v5/public/linear';
const CHANNEL_FIRST = 10_101;

/** `name`: one of `EXCHANGE_NAMES`; null: none was asked for. */
export function stageOf(name: string | null): Stage {
  const exchange = EXCHANGES.find(({ preset }) => preset.name === name);
  if (exchange === undefined) return bybitStage(name !== null);
  const { preset, title } = exchange;
  const topics = topicsOf(exchange);
  const channelOf = (topic: string) => CHANNEL_FIRST + topics.indexOf(topic);
  return {
    title,
    protocol: preset.name,
    topics,
    is_shared: true,
    source: exchangeSource(exchange, channelOf),
    speak: exchangeSpeech(exchange, topics, channelOf),
    pathOf: (topic) => (preset.subscribe.length > 0 ? '/' : pathOf(topic)),
  };
}

function bybitStage(is_shared: boolean): Stage {
  const source = generatedSource({ seed: 'demo' });
  const all = ['publicTrade.', 'orderbook.50.', 'tickers.'].flatMap((kind) =>
    COINS.map((coin) => `${kind}${coin}USDT`),
  );
  const topics = is_shared ? all : ['publicTrade.BTCUSDT', 'orderbook.50.ETHUSDT', 'tickers.SOLUSDT'];
  return {
    title: 'Bybit',
    protocol: bybit.name,
    topics,
    is_shared,
    source,
    speak: is_shared ? () => sharedBybit(source, topics) : () => bybitSpeech(source),
    pathOf: () => BYBIT_PATH,
  };
}

/** Bybit's, in which each answer is said to belong to the files of what it names. */
function sharedBybit(source: Source, topics: readonly string[]): ReturnType<Speak> {
  const speech = bybitSpeech(source);
  return {
    ...speech,
    hear(request, subscribed) {
      const answer = speech.hear(request, subscribed);
      const said = answer.said.map(({ text }) => ({ text, topic: owner(bybit, topics, text) }));
      return { ...answer, said };
    },
  };
}
