import { globSync, readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import {
  configFiles,
  exampleFile,
  type FileKind,
  fileKinds,
  fileSchema,
  guessKind,
  loadAgentSettings,
  loadAggregatorSettings,
  unwrapConfigMap,
} from '../../../src/cli/config/index.ts';
import type { OptionNode, Shape } from '../../../src/runtime/index.ts';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const accepts = {
  agent: ajv.compile(fileSchema('agent')),
  aggregator: ajv.compile(fileSchema('aggregator')),
};
const here = (path: string) => new URL(path, import.meta.url);
const project = here('../../../');
const load = { agent: loadAgentSettings, aggregator: loadAggregatorSettings };

/** What each YAML text of a document is, where it is one of our two files and right. */
function rightFiles(text: string): [kind: FileKind, text: string][] {
  const bare = unwrapConfigMap(text);
  try {
    const kind = bare.kind ?? guessKind(bare.text, 'file');
    if (kind === undefined) return [];
    load[kind](text, 'file');
    return [[kind, bare.text]];
  } catch {
    return []; // not ours, or a fragment
  }
}

function optionsOf(shape: Shape): OptionNode[] {
  return Object.values(shape).flatMap((node) => (node.kind === 'option' ? [node] : optionsOf(node.shape)));
}

describe('the JSON schema of a file', () => {
  const documents = globSync(
    ['README.md', 'docs/**/*.md', 'examples/**/*.{md,yaml}', 'packaging/etc/*.yaml'],
    {
      cwd: project,
    },
  );
  const inDocuments = documents.flatMap((path) => {
    const text = readFileSync(new URL(path, project), 'utf8');
    const blocks = path.endsWith('.md')
      ? [...text.matchAll(/^```ya?ml\n(.*?)^```/gms)].map((m) => m[1]!)
      : [text];
    return blocks.flatMap(rightFiles).map(([kind, yaml]) => [path, kind, yaml] as const);
  });

  it.each(inDocuments)('accepts the examples in %s for an %s', (_, kind, yaml) => {
    const found = parseAllDocuments(yaml, { merge: true })[0]?.toJS() ?? {};
    expect([accepts[kind](found), accepts[kind].errors]).toEqual([true, null]);
  });

  it('covers all examples in the documents', () => {
    expect(new Set(inDocuments.map(([path]) => path)).size).toBeGreaterThan(5);
  });

  it.each(['antrea-agent.conf', 'flow-aggregator.conf'])(
    "accepts the reference system's sample with all of its options: %s",
    (name) => {
      const sample = readFileSync(here(`seed/${name}`), 'utf8').replace(/#(?=[a-zA-Z]+:( |$))/gm, '');
      const [[kind, text]] = rightFiles(sample) as [[FileKind, string]];
      expect([accepts[kind](parse(text)), accepts[kind].errors]).toEqual([true, null]);
    },
  );

  it.each(fileKinds)('accepts the example file of an %s, as printed and with every default', (kind) => {
    const text = exampleFile(kind);
    for (const each of [text, text.replaceAll(/^( *)#(?=\w+:)/gm, '$1')]) {
      expect([accepts[kind](parse(each)), accepts[kind].errors]).toEqual([true, null]);
    }
  });

  it("describes each option's value", () => {
    const options = fileKinds.flatMap((kind) => optionsOf(configFiles[kind].root.shape));
    expect(options.filter((node) => node.kind === 'option' && Object.keys(node.json).length === 0)).toEqual(
      [],
    );
  });

  it.each<[FileKind, object]>([
    ['agent', { weir: { maxConnections: 0 } }],
    ['agent', { weir: { events: 'yes' } }],
    ['agent', { flowExporter: { flowPollInterval: '5 seconds' } }],
    ['agent', { flowExporter: { protocolFilter: ['icmp'] } }],
    ['agent', { weir: { maxIPFIXMsgSize: 100 } }],
    ['agent', { weir: { denied: { groups: [65_536] } } }],
    ['agent', { weir: { maxFlows: 1 } }],
    ['agent', { weir: { links: { include: 'a b' } } }],
    ['aggregator', { mode: 'Sum' }],
    ['aggregator', { weir: { metrics: { groupings: ['pods'] } } }],
    ['aggregator', { weir: { sinks: { jsonLines: { path: '-' } } } }],
    ['aggregator', { weir: { sinks: [{ victoriaLogs: { retention: '7 days' } }] } }],
    ['aggregator', { weir: { sinks: [{ filter: { colour: 'red' } }] } }],
    ['aggregator', { weir: { sinks: [{ ipfix: { address: null } }] } }],
    ['agent', { weir: { linkCapacities: [{ link: 'eth0', bitsPerSecond: null }] } }],
  ])('refuses for an %s, as the check does, %j', (kind, file) => {
    expect(accepts[kind](file)).toBe(false);
    expect(() => load[kind](JSON.stringify(file), 'file.yaml')).toThrow(/expected/);
  });

  const broken = readdirSync(here('broken')).filter((name) => name.endsWith('.conf'));
  it('refuses most files that the check refuses', () => {
    const refused = broken.filter((name) => {
      const bare = unwrapConfigMap(readFileSync(here(`broken/${name}`), 'utf8'));
      try {
        const found: unknown = parse(bare.text) ?? {};
        return fileKinds.every((kind) => !accepts[kind](found));
      } catch {
        return true; // no YAML
      }
    });
    expect(refused.length).toBeGreaterThan(broken.length / 3);
  });
});
