// What /proc tells of a process and all below it.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** The pids of a process and all below it. */
export function tree(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  return [pid, ...children.flatMap((child) => tree(Number(child)))];
}

/** CPU seconds (user and system) that the threads of a process tree have used; one that has ended is left out. */
export function cpuSeconds(pid) {
  return tree(pid).reduce((sum, one) => {
    const tasks = readdirSync(`/proc/${one}/task`);
    const ns = tasks.map((task) =>
      Number(readFileSync(`/proc/${one}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
    );
    return sum + ns.reduce((all, each) => all + each, 0) / 1e9;
  }, 0);
}

function megabytes(pid, file, field) {
  const text = readFileSync(`/proc/${pid}/${file}`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)[1]) / 1024;
}

/** From now on the peak is counted anew. */
export function forgetPeak(pid) {
  for (const one of tree(pid)) writeFileSync(`/proc/${one}/clear_refs`, '5');
}

/** The most memory that one process of the tree had resident at a time. */
export function peakMegabytes(pid) {
  return Math.max(...tree(pid).map((one) => megabytes(one, 'status', 'VmHWM')));
}

export function residentMegabytes(pid) {
  return megabytes(pid, 'status', 'VmRSS');
}

/** A process's part of the memory that it shares, and what it has alone. */
export function proportionalMegabytes(pid) {
  return megabytes(pid, 'smaps_rollup', 'Pss');
}
