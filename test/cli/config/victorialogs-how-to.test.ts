import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultLogLayout } from '../../../src/logs/index.ts';
import { flowLogSinksOf } from '../../support/flow-log-sinks.ts';

const DAY_MS = 86_400_000;

const page = readFileSync(new URL('../../../docs/how-to/victorialogs.md', import.meta.url), 'utf8');
const search = readFileSync(new URL('../../../docs/logsql.md', import.meta.url), 'utf8');

describe('the how-to for flows in VictoriaLogs', () => {
  it('shows files that load, with sinks that behave as described', () => {
    const files = Array.from(page.matchAll(/```yaml\n(# aggregator\.yaml\n.*?)```/gs), ([, text]) => text!);
    const server = 'victoriaLogs';
    expect(files.map(flowLogSinksOf)).toMatchObject([
      [
        {
          name: 'logs',
          kind: { victoriaLogs: { server, retentionMs: 30 * DAY_MS, spool: { maxOctets: 1_073_741_824 } } },
        },
      ],
      [
        {
          name: 'denied',
          filter: { action: ['drop', 'reject'] },
          kind: { victoriaLogs: { server, tenant: '7:2', retentionMs: 365 * DAY_MS } },
        },
        { name: 'sample', kind: { victoriaLogs: { server, sampleOneOf: 100 } } },
      ],
    ]);
  });

  it('names the default stream fields', () => {
    const [, cell] = /^\| `streamFields` \| (.*?) \|/m.exec(page)!;
    const names = [...cell!.matchAll(/`(\w+)(?:: [\w-]+)?`/g)].map(([, name]) => name);
    expect(names).toEqual([...defaultLogLayout.labels, 'staticFields', 'service_name']);
  });

  it('shows a file for the community ID that keeps all other fields', () => {
    const [, file] = /```yaml\n(.*?)```/s.exec(search)!;
    expect(flowLogSinksOf(file!)).toMatchObject([
      { kind: { victoriaLogs: { metadata: [...defaultLogLayout.metadata, 'communityId'] } } },
    ]);
  });
});
