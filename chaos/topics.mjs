// The topics of a run: what each is sent, and how it is configured. They differ so that each way of the capture
// is taken: one that fills its buffer soon, one that drops, quiet ones, a name that must be encoded.

/**
 * @typedef {object} ChaosTopic
 * @property {string} topic
 * @property {number} rate messages a second
 * @property {number} pad_max bytes that a message is padded with, at most
 * @property {Record<string, unknown>} settings keys of the configuration
 */

/** @type {readonly ChaosTopic[]} */
export const TOPICS = [
  { topic: 'fast', rate: 1500, pad_max: 150, settings: { buffer_size: 3000 } },
  { topic: 'wide', rate: 400, pad_max: 700, settings: { buffer_size: 4000, fsync: 'interval' } },
  { topic: 'drop', rate: 500, pad_max: 100, settings: { buffer_size: 400, overflow: 'drop' } },
  { topic: 'odd name/50%', rate: 300, pad_max: 60, settings: { buffer_size: 1000, flush_interval_ms: 20 } },
  { topic: 'slow', rate: 30, pad_max: 60, settings: { fsync: 'never' } },
  { topic: 'quiet', rate: 0.5, pad_max: 30, settings: {} },
];

/** Keys that hold for all topics: short times, so that a minute sees what a day would. */
export const COMMON_SETTINGS = {
  protocol: 'bybit',
  ping_interval: 2,
  stale_after: 5,
  buffer_bytes: 4 * 1024 * 1024,
  max_message_bytes: 256 * 1024,
};

export const HOUR_MS = 5_000;

/** How a topic's name stands in the names of its files: the contract's section 3. */
export function encodeName(name) {
  return [...Buffer.from(name, 'utf8')]
    .map((byte, index) => {
      const char = String.fromCharCode(byte);
      const plain = /[A-Za-z0-9._\-+=@,]/.test(char) && !(char === '.' && index === 0);
      return plain ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
