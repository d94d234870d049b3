// What the run prints for people: which faults struck, and what they cost.

/** @param {import('./world.mjs').Fault} fault */
export function describeFault({ kind, topic, drawn, at_ms }) {
  const how = Object.entries(drawn).map(([name, value]) => `${name} ${value}`);
  return [new Date(at_ms).toISOString(), kind, topic ?? 'all', ...how].join('  ');
}

/**
 * @param {readonly import('./world.mjs').Fault[]} faults
 * @param {import('./judge.mjs').Verdict['costs']} costs
 */
export function costTable(faults, costs) {
  const struck = new Map();
  for (const { kind } of faults) struck.set(kind, (struck.get(kind) ?? 0) + 1);
  const kinds = [...new Set([...struck.keys(), ...costs.keys()])].sort((a, b) =>
    String(a).localeCompare(String(b)),
  );
  const rows = kinds.map((kind) => {
    const { gaps, gap_ms, lost } = costs.get(kind) ?? { gaps: 0, gap_ms: 0, lost: 0 };
    return [kind ?? '(no fault)', struck.get(kind) ?? 0, gaps, (gap_ms / 1000).toFixed(1), lost];
  });
  const table = [['fault', 'struck', 'gaps', 'gap s', 'messages lost'], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => String(row[column]).length)));
  return table
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i])))
        .join('  '),
    )
    .join('\n');
}
