import { readFileSync, writeFileSync } from 'node:fs';
import { enableAccountingByRule } from './accounting-rule.ts';

/** The kernel's directory for the sysctls of the calling thread's network namespace. */
export const SYSCTL_DIRECTORY = '/proc/sys/net/netfilter';

export interface SysctlReport {
  /** In the form of sysctl(8), such as "net.netfilter.nf_conntrack_acct". */
  readonly name: string;
  /** Undefined: the kernel has no such sysctl. */
  readonly was: string | undefined;
  readonly is: string | undefined;
  /** The consequence while it is not 1. */
  readonly otherwise: string;
  /** Why it is not 1, the consequence, and the command that sets it; undefined when it is 1. */
  readonly problem: string | undefined;
}

interface Sysctl {
  readonly file: string;
  readonly otherwise: string;
  /** The consequence of 0, when other values than 1 are fine as well. */
  readonly off?: string;
}

const wanted: readonly Sysctl[] = [
  {
    file: 'nf_conntrack_acct',
    otherwise: 'the kernel counts no packets and octets, so flows have no counters',
  },
  {
    file: 'nf_conntrack_timestamp',
    otherwise: 'the kernel records no start and stop times, so flows begin when the agent first sees them',
  },
  {
    file: 'nf_conntrack_events',
    otherwise:
      "connections from before the agent's start cause no event when they end, so their last counters are those of the last dump",
    off: 'the kernel reports no connection that begins or ends, so the agent misses short ones, and the others keep the counters of the last dump',
  },
];

/** Sets a sysctl to 1 without writing it. Returns why it failed, or undefined. */
type OtherWay = () => string | undefined;

/**
 * Turns on accounting, timestamps and events of connection tracking in this thread's network namespace, each
 * for connections that begin from now on. Where the sysctl of accounting cannot be written, a rule does it.
 */
export function enableAccounting(
  directory = SYSCTL_DIRECTORY,
  accountByRule: OtherWay = enableAccountingByRule,
): SysctlReport[] {
  return wanted.map((sysctl) =>
    setToOne(directory, sysctl, sysctl.file === 'nf_conntrack_acct' ? accountByRule : undefined),
  );
}

function setToOne(
  directory: string,
  { file, otherwise: other, off = other }: Sysctl,
  otherWay?: OtherWay,
): SysctlReport {
  const name = `net.netfilter.${file}`;
  const was = readSysctl(file, directory);
  const otherwise = was === '0' ? off : other;
  if (was === '1') return { name, was, is: was, otherwise, problem: undefined };
  const refusals =
    was === undefined ? ['this kernel does not have it'] : [writeSysctl(`${directory}/${file}`)];
  if (was !== undefined && otherWay !== undefined && readSysctl(file, directory) !== '1') {
    const refusal = otherWay();
    if (refusal !== undefined) refusals.push(`by a rule: ${refusal}`);
  }
  const is = readSysctl(file, directory);
  if (is === '1') return { name, was, is, otherwise, problem: undefined };
  const mend = was === undefined ? '' : `; as root run \`sysctl -w ${name}=1\``;
  return {
    name,
    was,
    is,
    otherwise,
    problem: `${name} is ${is ?? 'missing'} and could not be set to 1 (${refusals.join('; ')}): ${otherwise}${mend}`,
  };
}

/** The sysctl's value without its line end, or undefined when it cannot be read. */
export function readSysctl(file: string, directory = SYSCTL_DIRECTORY): string | undefined {
  try {
    return readFileSync(`${directory}/${file}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function writeSysctl(path: string): string {
  try {
    writeFileSync(path, '1');
    return 'the kernel kept its own value';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
