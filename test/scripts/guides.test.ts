import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guessKind, loadAgentSettings, loadAggregatorSettings } from '../../src/cli/config/index.ts';
import { everyCommand, weirProgram } from '../../src/cli/program.ts';

const root = join(import.meta.dirname, '../..');
const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...globSync('docs/**/*.md', { cwd: root }),
].map((path) => [path, readFileSync(join(root, path), 'utf8')] as const);
const commands = everyCommand(await weirProgram());

describe('the guides', () => {
  it.each(pages)('link only to what is there: %s', (path, text) => {
    const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target]) => target!);
    expect(targets.filter((target) => !existsSync(join(root, dirname(path), target)))).toEqual([]);
  });

  it.each(pages)('show configurations that can be started: %s', (path, text) => {
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
});
