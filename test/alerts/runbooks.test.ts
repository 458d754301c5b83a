import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { values } from '../../alerts/source/thresholds.ts';
import { everyCommand, weirProgram } from '../../src/cli/program.ts';
import { coreFields, labelFieldNames, logFieldNames } from '../../src/logs/index.ts';
import { alertsIn, rulesIn } from './rules-read.ts';

const folder = new URL('../../alerts/', import.meta.url);
const alerts = new Set(
  ['', 'loki/', 'victorialogs/']
    .flatMap((part) => readdirSync(new URL(`./${part}`, folder)).map((name) => `${part}${name}`))
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => alertsIn(rulesIn(readFileSync(new URL(name, folder), 'utf8'))))
    .map(({ alert }) => alert),
);
const pages = readdirSync(new URL('runbooks/', folder)).map((name) => name.replace(/\.md$/, ''));
const page = (name: string): string => readFileSync(new URL(`runbooks/${name}.md`, folder), 'utf8');
const block = (text: string, language: string): string | undefined =>
  new RegExp(`\`\`\`${language}\n([^\`]*)\n\`\`\``).exec(text)?.[1];

describe('the runbooks', () => {
  it('exist for each alert', () => {
    expect(pages.sort()).toEqual([...alerts].sort());
  });
});

describe.each(pages)('the runbook of %s', (name) => {
  const text = page(name);

  it('explains the meaning, first checks, causes, tuning and limits', () => {
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([
      name,
      'What to look at first',
      'Likely causes',
      'How it is tuned',
      'When it is silent',
    ]);
  });

  it('shows a command that weir accepts', async () => {
    const [program, command, ...args] = block(text, 'sh')!.split(' ');
    expect([program, command]).toEqual(['weir', 'flows']);
    const flows = everyCommand(await weirProgram()).find((one) => one.name() === 'flows')!;
    const { operands, unknown } = flows.exitOverride().parseOptions(args);
    expect({ operands, unknown }).toEqual({ operands: [], unknown: [] });
  });

  const known: readonly string[] = ['service_name', ...labelFieldNames, ...logFieldNames, ...coreFields];
  const streams = /\{service_name=(~"weir-\(agent\|aggregator\)"|"weir-(agent|aggregator|flows)")/;

  it('shows a LogQL query for the lines and fields that Weir logs', () => {
    const query = block(text, 'logql')!;
    expect(query).toMatch(streams);
    const fields = [...query.matchAll(/(\w+)(?==~?"|!=")/g), ...query.matchAll(/unwrap (\w+)/g)].map(
      ([, field]) => field!,
    );
    expect(fields.filter((field) => !known.includes(field))).toEqual([]);
  });

  it('shows a LogsQL query for the same lines and fields', () => {
    const query = block(text, 'logsql')!;
    expect(streams.exec(query)![1]).toBe(streams.exec(block(text, 'logql')!)![1]);
    const named = [
      ...query.matchAll(/(\w+)=~?"/g),
      ...query.matchAll(/(?<![\w"])([a-z]\w*):=/gi),
      ...query.matchAll(/<(\w+)>/g),
      ...query.matchAll(/(?:sum|rate_sum)\((\w+)\)/g),
    ].map(([, field]) => field!);
    const listed = [...query.matchAll(/(?:stats by|count_uniq) ?\(([^)]*)\)/g)].flatMap(([, list]) =>
      list!.split(', '),
    );
    const fields = [...named, ...listed].filter((field) => field !== '_');
    expect(fields.filter((field) => !known.includes(field))).toEqual([]);
    // what LogQL asks of a field LogsQL asks too
    const asked = [...block(text, 'logql')!.matchAll(/(\w+)(?==~?"|!=")/g)].map(([, field]) => field!);
    expect(asked.filter((field) => !fields.includes(field))).toEqual([]);
  });

  it('names only existing thresholds and alerts', () => {
    const named = [...text.matchAll(/\bWeir[A-Z][A-Za-z]+/g)].map(([alert]) => alert);
    expect(named.filter((alert) => !alerts.has(alert))).toEqual([]);
    const tuned = /## How it is tuned\n\n(.*)/.exec(text)![1]!;
    const thresholds = [...tuned.matchAll(/`([a-z]+(_[a-z0-9]+)+)`/g)].map(([, threshold]) => threshold!);
    expect(
      thresholds.filter((threshold) => !(threshold in values.thresholds || threshold in values.logs)),
    ).toEqual([]);
  });
});
