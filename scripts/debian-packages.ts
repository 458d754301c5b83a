import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { undoAtExit } from '../test/support/leftovers.ts';

const options = [
  '-o',
  'Acquire::Retries=3', // each file, with apt's own growing delay
  '-o',
  'DPkg::Lock::Timeout=300', // seconds to wait for another apt
];
const policyFile = '/usr/sbin/policy-rc.d';
const policyMark = "# written by Weir's npm test";

export function isDebian(): boolean {
  return existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
}

/**
 * Installs Debian packages one after the other, with a line about each to `say`. Their daemons are not
 * started. Returns the reason for each package that could not be installed.
 */
export async function installDebianPackages(
  packages: readonly string[],
  say: (line: string) => void,
): Promise<Map<string, string>> {
  const failures = new Map<string, string>();
  say('reading the package lists (apt-get update)');
  const updateFailure = await aptGet('update');
  if (updateFailure) say(`  apt-get update: ${updateFailure}; trying with the lists that are here`);
  const allowDaemons = forbidDaemons();
  try {
    for (const [index, name] of packages.entries()) {
      const started = performance.now();
      const failure = await aptGet('install', '--yes', '--no-install-recommends', name);
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      say(`  ${index + 1}/${packages.length} ${name}: ${failure ?? `installed in ${seconds} s`}`);
      if (failure) failures.set(name, failure);
    }
  } finally {
    allowDaemons();
  }
  return failures;
}

/** Runs apt-get without questions. Returns its error when it failed. */
async function aptGet(...args: string[]): Promise<string | undefined> {
  const child = spawn('apt-get', [...options, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  }
  const status = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? String(signal)));
  });
  if (status === 0) return undefined;
  return said.match(/^E: (.*)$/m)?.[1] ?? `ended with ${status}`;
}

/**
 * Keeps dpkg from starting daemons, by the script that invoke-rc.d calls (exit 101: forbidden). An existing
 * policy of the machine stays. Returns the function that removes ours, which also runs when this process ends
 * earlier.
 */
function forbidDaemons(): () => void {
  if (existsSync(policyFile) && !readFileSync(policyFile, 'utf8').includes(policyMark)) return () => {};
  writeFileSync(policyFile, `#!/bin/sh\n${policyMark}\nexit 101\n`, { mode: 0o755 });
  const removePolicy = () => rmSync(policyFile, { force: true });
  const takeBack = undoAtExit(removePolicy);
  return () => {
    takeBack();
    removePolicy();
  };
}
