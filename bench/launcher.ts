import { readFileSync } from 'node:fs';

const script = readFileSync(new URL('../bin/weir', import.meta.url), 'utf8');

/** The flags of Node with which bin/weir starts an agent, and every other program. */
export const launcherFlags = {
  agent: wordsOf(/&& flags=(\S+)$/m),
  others: wordsOf(/^flags='(.+)'$/m),
} as const;

/** The variables that it sets for the C library. */
export const launcherEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  [...script.matchAll(/(MALLOC_\w+)="\$\{\1-(\d+)\}"/g)].map(([, name, value]) => [name, value]),
);

function wordsOf(pattern: RegExp): readonly string[] {
  const [, words] = pattern.exec(script) ?? [];
  if (words === undefined) throw new Error(`bin/weir has no line ${pattern}`);
  return words.split(' ');
}
