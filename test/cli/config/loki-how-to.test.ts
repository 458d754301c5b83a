import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultLogLayout } from '../../../src/logs/index.ts';
import { flowLogSinksOf } from '../../support/flow-log-sinks.ts';

const page = readFileSync(new URL('../../../docs/how-to/loki.md', import.meta.url), 'utf8');
const files = Array.from(page.matchAll(/```yaml\n(# aggregator\.yaml\n.*?)```/gs), ([, text]) => text!);
const search = readFileSync(new URL('../../../docs/logql.md', import.meta.url), 'utf8');

describe('the how-to for flows in Loki', () => {
  it('shows files that load, with sinks that behave as described', () => {
    expect(files.map(flowLogSinksOf)).toMatchObject([
      [{ name: 'logs', kind: { loki: { spool: { maxOctets: 1_073_741_824 } } } }],
      [
        { name: 'denied', filter: { action: ['drop', 'reject'] }, kind: { loki: { tenant: 'security' } } },
        { name: 'sample', kind: { loki: { sampleOneOf: 100 } } },
      ],
    ]);
  });

  it('shows a file for the community ID that keeps all other metadata', () => {
    const [, file] = /```yaml\n(.*?)```/s.exec(search)!;
    expect(flowLogSinksOf(file!)).toMatchObject([
      { kind: { loki: { metadata: [...defaultLogLayout.metadata, 'communityId'] } } },
    ]);
  });
});
