import { readFileSync } from 'node:fs';

/** Memory of a process as the kernel counts it, in megabytes. */
export interface ProcessMemory {
  readonly resident: number;
  /** What each process costs. The rest are pages of files, nearly all of the program `node`. */
  readonly anonymous: number;
  /** Resident, where a page that several processes share counts as a part for each. */
  readonly proportional: number;
  /** Resident since the process began. */
  readonly greatest: number;
}

export function memoryOf({ pid }: { readonly pid: number }): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return {
    resident: megabytesIn(status, 'VmRSS'),
    anonymous: megabytesIn(status, 'RssAnon'),
    proportional: megabytesIn(rollup, 'Pss'),
    greatest: megabytesIn(status, 'VmHWM'),
  };
}

const megabytesIn = (text: string, name: string): number =>
  (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)![1]) * 1_024) / 1e6;
