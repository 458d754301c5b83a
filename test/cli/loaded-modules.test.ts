import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { root } from '../architecture/sources.ts';

/** Writes the URL of each module that this program loads, one a line, to standard error. */
const telling = `import { registerHooks } from 'node:module';
import { writeSync } from 'node:fs';
registerHooks({ load: (url, context, next) => { writeSync(2, 'loads ' + url + '\\n'); return next(url, context); } });`;

/** The folders of a program's modules and the packages that it loads, such as src/ipfix/wire and yaml. */
function loadedBy(...words: string[]): Set<string> {
  const preload = `data:text/javascript,${encodeURIComponent(telling)}`;
  const { stderr } = spawnSync(process.execPath, ['--import', preload, ...words], {
    cwd: root,
    encoding: 'utf8',
  });
  const paths = [...stderr.matchAll(/^loads (file:.*)$/gm)].map(([, url]) =>
    relative(root, fileURLToPath(url!)),
  );
  return new Set(paths.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? folderOf(path)));
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/'));

const beginsWith = (loaded: ReadonlySet<string>, names: readonly string[]) =>
  [...loaded].filter((one) => names.some((name) => one.startsWith(name)));

describe('weir agent', () => {
  const loaded = loadedBy('src/cli/main.ts', 'agent', '--help');

  it('loads what it does', () => {
    for (const folder of ['exporter', 'ipfix/exporting', 'kubernetes/names', 'logs/process-log', 'http'])
      expect(loaded).toContain(`src/${folder}`);
  });

  it('loads nothing that only an aggregator does', () => {
    const rooms = ['aggregator', 'api', 'console', 'forward', 'mcp', 'query', 'sinks', 'store'];
    const parts = ['ipfix/collecting', 'ipfix/netflow', 'ipfix/sflow', 'ipfix/foreign', 'metrics/series'];
    const logs = ['logs/flow-lines', 'logs/push', 'logs/search', 'logs/event-log'];
    const names = [...rooms, ...parts, ...logs].map((folder) => `src/${folder}`);
    expect(beginsWith(loaded, names)).toEqual([]);
  });

  it('loads large packages only when its configuration needs them', () => {
    const packages = [
      '@duckdb',
      '@kubernetes',
      '@modelcontextprotocol',
      '@opentelemetry',
      'snappy',
      'winston',
    ];
    expect(beginsWith(loaded, packages)).toEqual([]);
  });
});

describe('a program that speaks HTTP', () => {
  const telling = `import { writeSync } from 'node:fs';
process.on('exit', () => writeSync(2, process.moduleLoadList.join('\\n')));`;

  it.each(['agent', 'aggregator'])('does not load the client behind fetch (%s)', (command) => {
    const preload = `data:text/javascript,${encodeURIComponent(telling)}`;
    const words = ['--import', preload, 'src/cli/main.ts', command, '--help'];
    const { stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
    const loaded = stderr.split('\n');
    expect(loaded).toContain('NativeModule http');
    expect(loaded.filter((name) => name.includes('undici'))).toEqual([]);
  });
});

describe('a thread that reads the kernel', () => {
  it.each(['conntrack/conntrack-worker', 'denied/nflog-worker'])(
    'loads of other rooms only single files (%s)',
    (worker) => {
      const loaded = loadedBy(`src/exporter/${worker}.ts`);
      const own = ['src/exporter', 'koffi', '@koromix'];
      expect(beginsWith(loaded, own).length).toBeGreaterThan(2);
      const others = [...loaded].filter((one) => !own.some((name) => one.startsWith(name)));
      expect(others.toSorted()).toEqual(['src/flow', 'src/runtime']);
      expect(beginsWith(loaded, ['src/runtime/options', 'src/flow/condition'])).toEqual([]);
    },
  );
});
