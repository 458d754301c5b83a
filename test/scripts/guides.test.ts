import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guessKind, loadAgentSettings, loadAggregatorSettings } from '../../src/cli/config/index.ts';
import { everyCommand, weirProgram } from '../../src/cli/program.ts';
import { batchOf, FlowFilter } from '../../src/flow/index.ts';

const root = join(import.meta.dirname, '../..');
const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...globSync('docs/**/*.md', { cwd: root }),
  ...globSync('examples/**/*.md', { cwd: root }),
].map((path) => [path, readFileSync(join(root, path), 'utf8')] as const);
const commands = everyCommand(await weirProgram());

describe('the guides', () => {
  it.each(pages)('link only to existing targets: %s', (path, text) => {
    const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target]) => target!);
    expect(targets.filter((target) => !existsSync(join(root, dirname(path), target)))).toEqual([]);
  });

  it.each(pages)('show configurations that start: %s', (path, text) => {
    for (const [, yaml] of text.matchAll(/```yaml\n(.*?)```/gs)) {
      const kind = guessKind(yaml!, path) ?? 'agent';
      const { notes } = (kind === 'agent' ? loadAgentSettings : loadAggregatorSettings)(yaml!, path);
      const needsAddress = kind === 'agent' && !yaml!.includes('flowCollectorAddr');
      expect(notes.filter(({ stops, line }) => stops && !(needsAddress && line === undefined))).toEqual([]);
    }
  });

  it.each(pages)('show commands with options that exist: %s', (_, text) => {
    for (const [line, words] of text.matchAll(/^(?:\$ )?(?:sudo )?(?:npx )?weir ([a-z].*)$/gm)) {
      const [name, ...rest] = words!.split(' ');
      const command = commands.find((candidate) => candidate.name() === name);
      expect(command, line).toBeDefined();
      const known = everyCommand(command!).flatMap(({ options }) => options.map(({ long }) => long));
      const used = rest.filter((word) => word.startsWith('--'));
      expect(
        used.filter((option) => !known.includes(option)),
        line,
      ).toEqual([]);
    }
  });

  it.each(pages)('start scripts by npm, which uses the pinned Node: %s', (_, text) => {
    expect(text.match(/^(?: {4}|\$ )?node \S+\.ts.*$/gm) ?? []).toEqual([]);
    const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts);
    const named = [...text.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
  });

  it.each(pages)('show commands that a shell can parse: %s', (path, text) => {
    for (const [, block] of text.matchAll(/```\n(.*?)```/gs)) {
      const isCommands = /^(?:\$ )?(?:sudo |npx |weir |curl |npm |install )/.test(block!);
      if (!isCommands) continue;
      const prompted = block!.split('\n').filter((line) => line.startsWith('$ '));
      const commands = prompted.length > 0 ? prompted.map((line) => line.slice(2)).join('\n') : block!;
      const { status, stderr } = spawnSync('sh', ['-n'], { input: commands, encoding: 'utf8' });
      expect([status, stderr], `${path}: ${commands}`).toEqual([0, '']);
    }
  });

  it("let every example firewall accept the guides' own IPFIX", () => {
    const rules = readFileSync(join(root, 'examples/firewall/denied.nft'), 'utf8');
    expect(/set open_tcp \{[^}]*elements = \{([^}]*)\}/s.exec(rules)![1]!.split(',').map(Number)).toContain(
      4739,
    );
    const refused = /set forbidden_destinations \{[^}]*elements = \{ ([^ ]*) \}/s.exec(rules)![1]!;
    const isRefused = new FlowFilter({ word: 'dst', values: [refused] });
    const addresses = pages.flatMap(([, text]) => text.match(/\b192\.0\.2\.\d+\b(?!\/)/g) ?? []);
    expect(addresses.length).toBeGreaterThan(0);
    const flows = batchOf([...new Set(addresses)].map((destinationIP) => ({ destinationIP })));
    const test = isRefused.bind(flows);
    expect(Array.from({ length: flows.length }, (_, row) => test(row))).not.toContain(true);
  });
});

describe('the systemd units', () => {
  const units = globSync('packaging/systemd/*.service', { cwd: root })
    .sort()
    .map((path) => [basename(path), readFileSync(join(root, path), 'utf8')] as const);

  it('exist for an agent and an aggregator', () => {
    expect(units.map(([name]) => name)).toEqual(['weir-agent.service', 'weir-aggregator.service']);
  });

  it.each(units)('grant few rights: %s', (name, unit) => {
    const capabilities = name === 'weir-agent.service' ? 'CAP_NET_ADMIN' : '';
    expect(unit).toMatch(new RegExp(`^CapabilityBoundingSet=${capabilities}$`, 'm'));
    expect(unit).toMatch(/^User=weir$/m);
    for (const setting of ['ProtectSystem=strict', 'ProtectHome=yes', 'NoNewPrivileges=yes', 'UMask=0027']) {
      expect(unit).toContain(`\n${setting}\n`);
    }
  });
});
