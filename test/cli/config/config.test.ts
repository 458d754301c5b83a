import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  configFiles,
  type FileKind,
  formatNote,
  guessKind,
  type Loaded,
  loadAgentSettings,
  loadAggregatorSettings,
  unwrapConfigMap,
} from '../../../src/cli/config/index.ts';
import { readConfig } from '../../../src/cli/config-reload.ts';
import { everyAddress, type Section } from '../../../src/runtime/index.ts';

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const load = (kind: FileKind | undefined, text: string, file: string) =>
  kind === 'agent' ? loadAgentSettings(text, file) : loadAggregatorSettings(text, file);
/** The sample with all its commented options switched on. */
const uncommented = (sample: string) => sample.replace(/#(?=[a-zA-Z]+:( |$))/gm, '');

describe("the reference system's sample files", () => {
  it('load as printed, the agent with its defaults', () => {
    const { settings, notes } = loadAgentSettings(read('seed/antrea-agent.conf'), 'antrea-agent.conf');
    expect(settings).toMatchObject({
      collector: {
        host: 'flow-aggregator.flow-aggregator.svc',
        port: 4739,
        protocol: 'tls',
        service: { namespace: 'flow-aggregator', name: 'flow-aggregator' },
      },
      pollIntervalMs: 5_000,
      activeTimeoutMs: 60_000,
      idleTimeoutMs: 15_000,
      protocols: undefined,
    });
    expect(notes).toEqual([]);
  });

  it('load as printed, the aggregator with its one collector', () => {
    const { settings, notes } = loadAggregatorSettings(
      read('seed/flow-aggregator.conf'),
      'flow-aggregator.conf',
    );
    expect(notes).toEqual([]);
    expect(settings).toMatchObject({
      listen: [{ host: everyAddress(), port: 4739, protocol: 'tls' }],
      activeTimeoutMs: 60_000,
      inactiveTimeoutMs: 90_000,
      sinks: [
        {
          name: 'flowCollector',
          kind: { key: 'ipfix' },
          values: { address: { host: '192.168.86.86', port: 4739, protocol: 'tcp' } },
        },
      ],
    });
  });

  it('load with every comment switched on, and report the line of each unavailable option', () => {
    const agent = loadAgentSettings(uncommented(read('seed/antrea-agent.conf')), 'agent.conf');
    expect(agent.settings.idleTimeoutMs).toBe(15_000);
    expect(agent.notes).toEqual([]);
    const aggregator = loadAggregatorSettings(uncommented(read('seed/flow-aggregator.conf')), 'agg.conf');
    expect(aggregator.notes).toEqual([]);
  });

  it.each([
    ['seed/antrea-agent.conf', 'agent'],
    ['seed/flow-aggregator.conf', 'aggregator'],
  ])('load without the surrounding ConfigMap: %s is recognised as the %s file', (name, kind) => {
    const bare = unwrapConfigMap(uncommented(read(name))).text.trimStart();
    expect(guessKind(bare, name)).toBe(kind);
    expect(load(kind as FileKind, bare, name).settings).toEqual(
      load(kind as FileKind, read(name), name).settings,
    );
  });
});

describe('an invalid configuration', () => {
  const broken = readdirSync(new URL('broken', import.meta.url)).filter((name) => name.endsWith('.conf'));

  it.each(broken)('stops the start with file, line, key, expected and found: %s', (name) => {
    const text = read(`broken/${name}`);
    const start = () => load(unwrapConfigMap(text).kind ?? guessKind(text, name), text, name);
    expect(start).toThrow(read(`broken/${name.replace('.conf', '.expected')}`).trimEnd());
  });
});

describe('the agent file', () => {
  const settings = (text: string) => loadAgentSettings(text, 'agent.conf').settings;

  it('prefers newer keys to the older top-level keys', () => {
    const both =
      'flowPollInterval: 7s\nactiveFlowExportTimeout: 30s\nflowExporter:\n  flowPollInterval: 2s\n';
    expect(settings(both)).toMatchObject({ pollIntervalMs: 2_000, activeTimeoutMs: 30_000 });
  });

  it.each([
    ['collector', { host: 'collector', port: 4739, protocol: 'tls' }],
    ['10.0.0.7:9995:udp', { host: '10.0.0.7', port: 9995, protocol: 'udp' }],
    ['10.0.0.7::tcp', { host: '10.0.0.7', port: 4739, protocol: 'tcp' }],
    ['[fd00::1]:4740', { host: 'fd00::1', port: 4740, protocol: 'tls' }],
    [
      'watch/weir:4739:TCP',
      { host: 'weir.watch.svc', port: 4739, protocol: 'tcp', service: { namespace: 'watch', name: 'weir' } },
    ],
  ])('reads the collector address %s', (address, collector) => {
    expect(settings(`flowExporter:\n  flowCollectorAddr: "${address}"\n`).collector).toEqual(collector);
  });

  it('raises timeouts to the poll interval and reports it', () => {
    const text = 'flowCollectorAddr: "h::tcp"\nflowPollInterval: 10s\nactiveFlowExportTimeout: 2s\n';
    const { settings, notes } = loadAgentSettings(text, 'agent.conf');
    expect(settings).toMatchObject({ activeTimeoutMs: 10_000, idleTimeoutMs: 15_000 });
    expect(notes.map(formatNote)).toEqual([
      'agent.conf:3: activeFlowExportTimeout: shorter than flowPollInterval: taken as 10000 ms',
    ]);
  });

  it('does not read the $ of a regular expression as a variable', () => {
    const patterns = (pattern: string) =>
      settings(`weir:\n  denied:\n    groups: [5]\n    patterns: ['${pattern}']\n`).deniedGroups[0]!.patterns;
    expect(patterns('^DROP[^$A-Z]*$')[0]!.expression).toEqual(/^DROP[^$A-Z]*$/);
  });

  it('does not start when the feature is switched off', () => {
    const { notes } = loadAgentSettings('flowExporter: { enable: false, flowCollectorAddr: "h::tcp" }', 'a');
    expect(notes).toMatchObject([{ key: 'flowExporter.enable', line: 1, stops: true }]);
  });
});

describe('the aggregator file', () => {
  it('may have lists of listening addresses and of sinks with filters', () => {
    const text = [
      'weir:',
      '  listen: ["tcp://0.0.0.0:4739", "udp://[::1]:9995"]',
      '  sinks:',
      '    - jsonLines: { path: "/var/log/flows.jsonl" }',
      '      filter: { proto: [tcp, udp], port: 443 }',
      '    - name: other',
      '      ipfix: { address: "10.0.0.7:4739:udp" }',
    ].join('\n');
    const { settings, notes } = loadAggregatorSettings(text, 'aggregator.conf');
    expect(notes).toEqual([]);
    expect(settings.listen).toEqual([
      { host: '0.0.0.0', port: 4739, protocol: 'tcp' },
      { host: '::1', port: 9995, protocol: 'udp' },
    ]);
    expect(settings.sinks).toMatchObject([
      {
        name: 'jsonLines-1',
        kind: { key: 'jsonLines' },
        values: { path: '/var/log/flows.jsonl' },
        filter: { proto: ['tcp', 'udp'], port: ['443'] },
      },
      {
        name: 'other',
        kind: { key: 'ipfix' },
        values: { address: { host: '10.0.0.7', protocol: 'udp' } },
        filter: {},
      },
    ]);
  });

  it('reads the spool directory of an IPFIX sink, and refuses a shared one', () => {
    const sink = (spool: string) => `    - ipfix: { address: "10.0.0.7:4739", spool: ${spool} }`;
    const load = (...sinks: string[]) =>
      loadAggregatorSettings(
        ['aggregatorTransportProtocol: tcp', 'weir:', '  sinks:', ...sinks].join('\n'),
        'f',
      );
    const { settings } = load(sink('{ directory: /a }'), sink('{ directory: /b, megabytes: 2 }'), sink(''));
    expect(settings.sinks.map(({ values }) => values.spool)).toEqual([
      { directory: '/a', megabytes: 1_073_741_824 },
      { directory: '/b', megabytes: 2_097_152 },
      undefined,
    ]);
    expect(() => load(sink('{ directory: /a }'), sink('{ directory: /a }'))).toThrow(
      'a path other than /a, which a sink before has',
    );
    expect(() => load(sink('{ megabytes: 2 }'))).toThrow('a map with the key directory');
  });

  it.each(['clickHouse', 's3Uploader', 'flowStreamService'])(
    'stops the start with "not available yet" when %s is enabled',
    (sink) => {
      const text = `aggregatorTransportProtocol: tcp\n${sink}:\n  enable: true\n`;
      const { notes } = loadAggregatorSettings(text, 'aggregator.conf');
      expect(notes).toMatchObject([{ key: `${sink}.enable`, line: 3, stops: true }]);
      expect(formatNote(notes[0]!)).toContain(`${sink} is not available yet`);
    },
  );

  it('forwards records of single nodes only to sinks that take them', () => {
    const load = (sinks: string) =>
      loadAggregatorSettings(`mode: Proxy\naggregatorTransportProtocol: tcp\n${sinks}`, 'aggregator.conf');
    const { settings, notes } = load(
      'flowCollector: { enable: true, address: "10.0.0.7:4739" }\nweir: { sinks: [{ jsonLines: { path: "-" } }] }',
    );
    expect(notes).toEqual([]);
    expect(settings.mode).toBe('Proxy');
    const refused = load(
      'flowLogger: { enable: true }\nweir: { sinks: [{ name: logs, loki: { url: "http://h" } }] }',
    ).notes;
    expect(
      refused
        .filter(({ stops }) => stops)
        .map(formatNote)
        .join('\n'),
    ).toMatch(/mode: Proxy, but the sink flowLogger takes whole flows only.*the sink logs takes/s);
  });

  it('follows the UIDs of a cluster where records for the collector have them', () => {
    const load = (collector: string) =>
      loadAggregatorSettings(
        `aggregatorTransportProtocol: tcp\nflowCollector: { enable: true, address: "10.0.0.7", ${collector} }`,
        'a',
      ).settings.kubernetes.uids;
    expect(load('includeK8sUIDs: true')).toBe(true);
    expect(load('includeK8sUIDs: false')).toBe(false);
  });

  it('takes DTLS for agents, and in place of UDP where a collector is to be secured', () => {
    const collector = 'flowCollector: { enable: true, address: "10.0.0.7:4739:udp", tls: { enable: true } }';
    const { settings, notes } = loadAggregatorSettings(
      `aggregatorTransportProtocol: dtls\n${collector}\n`,
      'a',
    );
    expect(notes).toEqual([]);
    expect(settings).toMatchObject({
      listen: [{ protocol: 'dtls', port: 4_739 }],
      sinks: [{ values: { address: { host: '10.0.0.7', protocol: 'dtls' } } }],
    });
    const agent = loadAgentSettings('flowExporter: { flowCollectorAddr: "collector:4739:dtls" }', 'a');
    expect(agent.settings.collector).toEqual({ host: 'collector', port: 4_739, protocol: 'dtls' });
  });

  it('does not start with the name of a Secret whose files are not named', () => {
    const stopsOf = (tls: string) => {
      const text = `flowCollector: { enable: true, address: "10.0.0.7", tls: { enable: true, ${tls} } }`;
      return loadAggregatorSettings(text, 'a').notes.filter(
        ({ stops, key }) => stops && key.includes('Secret'),
      );
    };
    expect(stopsOf('caSecretName: ca, clientSecretName: mine')).toMatchObject([
      {
        key: 'flowCollector.tls.caSecretName',
        text: 'Weir reads no Secret by its name, so the certificates of ca would be missing',
        remedy: expect.stringContaining('name its files: caFile: /etc/weir/collector/ca.crt'),
      },
      {
        key: 'flowCollector.tls.clientSecretName',
        remedy: expect.stringContaining(
          'certFile: /etc/weir/collector/tls.crt, keyFile: /etc/weir/collector/tls.key',
        ),
      },
    ]);
    expect(stopsOf('caSecretName: ca, caFile: /x/ca.crt, clientSecretName: ""')).toEqual([]);
  });

  it('uses the older address if only flowCollector.enable is set', () => {
    const text = 'externalFlowCollectorAddr: "10.0.0.7:4739"\nflowCollector:\n  enable: true\n';
    expect(loadAggregatorSettings(text, 'aggregator.conf').settings.sinks).toMatchObject([
      { name: 'flowCollector', kind: { key: 'ipfix' }, values: { address: { host: '10.0.0.7' } } },
    ]);
  });

  it('keeps the older collector address off when flowCollector is disabled', () => {
    const text = 'externalFlowCollectorAddr: "10.0.0.7:4739"\nflowCollector:\n  enable: false\n';
    expect(loadAggregatorSettings(text, 'aggregator.conf').settings.sinks).toEqual([]);
  });
});

describe('a sink at the top level of the aggregator file', () => {
  const load = (...lines: string[]) =>
    loadAggregatorSettings(['aggregatorTransportProtocol: tcp', ...lines].join('\n'), 'f');
  const paths = ['flowLogger: { enable: true, path: /var/log/flows.csv }', 'weir:', '  sinks:'];

  it('can store records on disk; flowCollector has a spool like any IPFIX sink', () => {
    const { settings } = load('flowCollector: { enable: true, address: 10.0.0.7, spool: { directory: /a } }');
    expect(settings.sinks).toMatchObject([
      { kind: { key: 'ipfix' }, values: { spool: { directory: '/a', megabytes: 1_073_741_824 } } },
    ]);
  });

  it('may accompany others of its kind: several flow loggers with a file each', () => {
    const { settings, notes } = load(...paths, '    - flowLogger: { path: /var/log/more.csv, maxSize: 7 }');
    expect(notes).toEqual([]);
    expect(settings.sinks).toMatchObject([
      { name: 'flowLogger', values: { path: '/var/log/flows.csv', maxSize: 100 } },
      { name: 'flowLogger-1', values: { path: '/var/log/more.csv', maxSize: 7 } },
    ]);
  });

  it('stops the start if another sink has its path', () => {
    const { notes } = load(...paths, '    - flowLogger: { path: /var/log/flows.csv }');
    expect(notes).toMatchObject([
      {
        key: 'flowLogger',
        line: 2,
        text: '/var/log/flows.csv is also of the sink flowLogger-1',
        stops: true,
      },
    ]);
  });
});

describe('sinks that could be confused', () => {
  const load = (...lines: string[]) =>
    loadAggregatorSettings(['aggregatorTransportProtocol: tcp', ...lines].join('\n'), 'f');
  const sinks = (...items: string[]) => ['weir:', '  sinks:', ...items.map((item) => `    - ${item}`)];

  it.each([
    ['a name that another gets by its number', '{ name: jsonLines-2, jsonLines: { path: a } }'],
    ['the same name', '{ name: jsonLines-2, ipfix: { address: 10.0.0.7 } }'],
  ])('are refused with %s', (_, first) => {
    expect(() => load(...sinks(first, '{ jsonLines: { path: b } }'))).toThrow(
      'weir.sinks.1.name: expected a name other than jsonLines-2, which a sink before has',
    );
  });

  it.each([
    ['a', './a'],
    ['/tmp/a', '/tmp/x/../a'],
    ['/tmp/a', '/tmp//a'],
  ])('are refused with one path in two spellings: %s and %s', (one, other) => {
    const items = sinks(`{ jsonLines: { path: ${one} } }`, `{ flowLogger: { path: ${other} } }`);
    expect(() => load(...items)).toThrow(`a path other than ${other}, which a sink before has`);
    const flowLogger = `flowLogger: { enable: true, path: ${one} }`;
    const { notes } = load(flowLogger, ...sinks(`{ jsonLines: { path: ${other} } }`));
    expect(notes).toMatchObject([
      { key: 'flowLogger', text: `${one} is also of the sink jsonLines-1`, stops: true },
    ]);
  });

  it('stop the start if one has the name of an enabled top-level sink', () => {
    const named = sinks('{ name: flowLogger, jsonLines: { path: a } }');
    expect(load('flowLogger: { enable: true }', ...named).notes).toMatchObject([
      { key: 'flowLogger', text: 'weir.sinks has another sink with the name flowLogger', stops: true },
    ]);
    expect(load(...named).notes).toEqual([]);
  });

  it('may write JSON lines into one file', () => {
    const lines = '{ jsonLines: { path: "-" } }';
    expect(load(...sinks(lines, lines)).settings.sinks).toHaveLength(2);
  });
});

describe('a file for the other program', () => {
  /** Reads it as the program does at its start. */
  const start = (kind: FileKind, text: string) => {
    const root = configFiles[kind].root as Section;
    const loadText = (found: string, file: string): Loaded<unknown> => load(kind, found, file);
    return readConfig({ kind, root, path: 'weir.yaml', defaults: [], load: loadText }, text);
  };

  it.each([
    ['agent', 'aggregator', 'aggregatorTransportProtocol: tcp\nweir:\n  sinks: []\n'],
    [
      'aggregator',
      'agent',
      'flowExporter:\n  flowCollectorAddr: "192.0.2.10:4739:tcp"\nweir:\n  track: true\n',
    ],
    ['agent', 'aggregator', 'weir:\n  http: {}\n  sinks: []\n'],
    ['aggregator', 'agent', 'weir:\n  track: true\n'],
  ] as const)('is refused as a whole by the %s', async (kind, other, text) => {
    await expect(start(kind, text)).rejects.toMatchObject({
      code: 'WEIR_CONFIG_KIND',
      message: `weir.yaml: expected the configuration of an ${kind}, found that of an ${other}`,
      remedy: `Give it to "weir ${other}", or name another file.`,
    });
  });

  it('is not inferred from a misspelt key', async () => {
    await expect(start('agent', 'flowExportr: {}\n')).rejects.toThrow('did you mean flowExporter?');
  });
});
