import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConntrack, enableAccounting } from '../../../src/exporter/conntrack/index.ts';

describe('enableAccounting', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'weir-sysctls-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('sets all three and returns their old values', () => {
    writeFileSync(join(directory, 'nf_conntrack_acct'), '0\n');
    writeFileSync(join(directory, 'nf_conntrack_timestamp'), '1\n');
    writeFileSync(join(directory, 'nf_conntrack_events'), '2\n');
    expect(enableAccounting(directory)).toMatchObject([
      { name: 'net.netfilter.nf_conntrack_acct', was: '0', is: '1', problem: undefined },
      { name: 'net.netfilter.nf_conntrack_timestamp', was: '1', is: '1', problem: undefined },
      { name: 'net.netfilter.nf_conntrack_events', was: '2', is: '1', problem: undefined },
    ]);
    expect(readFileSync(join(directory, 'nf_conntrack_events'), 'utf8')).toBe('1');
  });

  it('explains the effect of a sysctl that the kernel does not have', () => {
    const [, timestamp] = enableAccounting(directory);
    expect(timestamp).toMatchObject({
      name: 'net.netfilter.nf_conntrack_timestamp',
      was: undefined,
      is: undefined,
      problem:
        'net.netfilter.nf_conntrack_timestamp is missing and could not be set to 1 (this kernel does not have it): ' +
        'the kernel records no start and stop times, so flows begin when the agent first sees them',
    });
  });

  it('names the command when the kernel refuses the value', () => {
    symlinkSync('/proc/sys/kernel/ngroups_max', join(directory, 'nf_conntrack_acct')); // not to be written, even by root
    expect(enableAccounting(directory, () => 'EPERM')[0]!.problem).toMatch(
      /is 65536 and could not be set to 1 \(E[A-Z]+; by a rule: EPERM\): .*; as root run `sysctl -w net\.netfilter\.nf_conntrack_acct=1`$/,
    );
  });

  it('turns accounting on by a rule where its sysctl cannot be written', () => {
    const [sysctl, other] = [join(directory, 'nf_conntrack_acct'), join(directory, 'as-the-rule-sets-it')];
    symlinkSync('/proc/sys/kernel/ngroups_max', sysctl);
    writeFileSync(other, '1\n');
    const accountByRule = () => {
      rmSync(sysctl);
      symlinkSync(other, sysctl);
      return undefined;
    };
    expect(enableAccounting(directory, accountByRule)[0]).toMatchObject({
      was: '65536',
      is: '1',
      problem: undefined,
    });
  });

  it('leaves a rule out where the sysctl can be written', () => {
    writeFileSync(join(directory, 'nf_conntrack_acct'), '0\n');
    const accountByRule = () => expect.unreachable();
    expect(enableAccounting(directory, accountByRule)[0]).toMatchObject({ was: '0', is: '1' });
  });

  it('is refused by checkConntrack when the kernel tracks nothing', () => {
    expect(() => checkConntrack(directory)).toThrow(
      expect.objectContaining({
        code: 'WEIR_CONNTRACK_MISSING',
        remedy: expect.stringContaining('`modprobe nf_conntrack`'),
      }),
    );
  });
});
