// The known name nearest to a mistyped one, for the sentences about unknown keys and flags.

/** The name within a third of its length (at least 2 edits) of `word`, or null when none is near. */
export function nearestName(word: string, names: readonly string[]): string | null {
  let best: string | null = null;
  let best_distance = Number.POSITIVE_INFINITY;
  for (const name of names) {
    // Also keeps a key of a megabyte from costing minutes.
    if (Math.abs(word.length - name.length) > reach(name)) continue;
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best !== null && best_distance <= reach(best) ? best : null;
}

const reach = (name: string): number => Math.max(2, Math.floor(name.length / 3));

/** Levenshtein's distance, with one row of memory. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
