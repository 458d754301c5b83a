import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadAggregatorSettings } from '../../../src/cli/config/index.ts';

const page = readFileSync(new URL('../../../docs/how-to/loki.md', import.meta.url), 'utf8');
const files = Array.from(page.matchAll(/```yaml\n(# aggregator\.yaml\n.*?)```/gs), ([, text]) => text!);

describe('what to do to have flows in Loki', () => {
  it('is shown by files that load, with sinks that do what the page says of them', () => {
    const sinks = files.map((text) => loadAggregatorSettings(text, 'aggregator.yaml').settings.sinks);
    expect(sinks).toMatchObject([
      [{ name: 'logs', kind: { loki: { spool: { maxOctets: 1_073_741_824 } } } }],
      [
        { name: 'denied', filter: { action: ['drop', 'reject'] }, kind: { loki: { tenant: 'security' } } },
        { name: 'sample', kind: { loki: { sampleOneOf: 100 } } },
      ],
    ]);
  });
});
