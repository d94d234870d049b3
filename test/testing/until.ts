// Waits for what has no event, in tests that bend the timers: vitest's own `waitUntil` moves fake timers on.

const UNTIL_MS_MAX = 5_000n;

/** Resolves when `holds` does, looked at in each turn of the event loop; rejects after 5 s. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = process.hrtime.bigint() + UNTIL_MS_MAX * 1_000_000n;
  while (!holds()) {
    if (process.hrtime.bigint() > deadline) throw new Error(`not within 5 s: ${holds}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
