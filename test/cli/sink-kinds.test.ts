import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it, vi } from 'vitest';
import { referencePages } from '../../scripts/docs.ts';
import {
  aggregatorFile,
  exampleFile,
  expectNamedPaths,
  fileSchema,
  loadAggregatorSettings,
} from '../../src/cli/config/index.ts';
import { Service } from '../../src/cli/service.ts';
import { wireAggregator } from '../../src/cli/wired-aggregator.ts';
import { batchOf } from '../../src/flow/index.ts';
import { CollectingProcess } from '../../src/ipfix/index.ts';
import { completeRecord, startExporter } from '../support/ipfix.ts';
import { MadeUpSink } from '../support/made-up-sink.ts';
import { until } from '../support/until.ts';

vi.mock('../../src/cli/sink-kinds.ts', async (original) => {
  const { sinkKinds } = await original<typeof import('../../src/cli/sink-kinds.ts')>();
  const { madeUpKind } = await import('../support/made-up-sink.ts');
  return { sinkKinds: [...sinkKinds, madeUpKind] };
});

const fileWith = (sink: string) => `
aggregatorTransportProtocol: none
weir:
  listen: ["tcp://127.0.0.1:0"]
  sinks:
    - madeUp: ${sink}
`;

describe('a kind of sink added by one line', () => {
  it('is in the JSON schema, with its options', () => {
    const accepts = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(fileSchema('aggregator'));
    const verdicts = [{ colour: 'red' }, { colour: 'pink' }, {}].map((madeUp) =>
      accepts({ weir: { sinks: [{ madeUp }] } }),
    );
    expect(verdicts).toEqual([true, false, false]);
  });

  it('is in the example file and in the reference page', () => {
    expect(exampleFile('aggregator')).toMatch(/# {3}madeUp:\n.*# The colour of flows\./);
    const page = referencePages['docs/reference/configuration.md']!();
    expect(page).toMatch(/^\| `weir\.sinks\[\]\.madeUp\.colour` \| one of red, green \|/m);
  });

  it('is checked, with advice and with its files', async () => {
    const load = (sink: string) => () => loadAggregatorSettings(fileWith(sink), 'f.yaml');
    expect(load('{ colour: pink }')).toThrow(
      'f.yaml:6: weir.sinks.0.madeUp.colour: expected one of red, green',
    );
    expect(load('{ color: red }')).toThrow('did you mean colour?');
    expect(load('{}')).toThrow('weir.sinks.0.madeUp: expected a map with the key colour');
    const file = fileWith('{ colour: red, tokenFile: /nowhere/token }');
    await expect(expectNamedPaths(file, 'f.yaml', aggregatorFile)).rejects.toThrow('madeUp.tokenFile');
  });

  it('receives flows by the settings of a file', async () => {
    const { settings } = loadAggregatorSettings(fileWith('{ colour: green }'), 'f.yaml');
    const quick = { ...settings, activeTimeoutMs: 50, inactiveTimeoutMs: 50, correlationTimeoutMs: 0 };
    const { components } = wireAggregator(quick, new Service('error'));
    for (const component of components) await component.start();
    const collector = components.find((component) => component instanceof CollectingProcess)!;
    const sending = await startExporter({ ...collector.addresses[0]!, protocol: 'tcp' });
    sending.exporter.send(batchOf([completeRecord('agent', 4, 1)]));
    const sink = MadeUpSink.made.find(({ name }) => name === 'madeUp-1')!;
    await until('the flow', () => sink.taken.length > 0);
    expect(sink).toMatchObject({ colour: 'green' });
    await sending[Symbol.asyncDispose]();
    for (const component of [...components].reverse()) await component.stop(0);
  });
});
