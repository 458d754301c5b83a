import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type AggregatorSettings,
  aggregatorFile,
  loadAggregatorSettings,
} from '../../src/cli/config/index.ts';
import { readConfig, watchConfig } from '../../src/cli/config-reload.ts';
import { Service } from '../../src/cli/service.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const LOOK_MS = 5_000;

/** A ConfigMap as the kubelet mounts it: a change replaces a link. */
class MountedConfigMap {
  readonly path: string;
  readonly #directory: string;
  #version = 0;

  constructor(directory: string, text: string) {
    this.#directory = directory;
    this.path = join(directory, 'flow-aggregator.conf');
    this.write(text);
    symlinkSync(join('..data', 'flow-aggregator.conf'), this.path);
  }

  write(text: string): void {
    const name = `..version-${++this.#version}`;
    mkdirSync(join(this.#directory, name));
    writeFileSync(join(this.#directory, name, 'flow-aggregator.conf'), text);
    symlinkSync(name, join(this.#directory, '..data_tmp'));
    renameSync(join(this.#directory, '..data_tmp'), join(this.#directory, '..data'));
  }
}

async function startWatch(directory: TemporaryDirectory, text: string) {
  const mounted = new MountedConfigMap(directory.path, text);
  const clock = new FakeClock();
  const service = new Service('info');
  Object.assign(service, { clock });
  const lines: string[] = [];
  service.writeLine = (line) => lines.push(line);
  const applied: AggregatorSettings[] = [];
  const applying: Promise<void>[] = [];
  const load = loadAggregatorSettings;
  const file = await readConfig({
    kind: 'aggregator',
    root: aggregatorFile,
    path: mounted.path,
    defaults: [],
    load,
  });
  const applySettings = async (settings: AggregatorSettings) => {
    applied.push(settings);
    await Promise.all(applying);
  };
  const live = { liveKeys: ['weir.logLevel', 'weir.sinks'], apply: applySettings };
  const watch = watchConfig(file, live, service);
  await watch.start();
  const look = () => clock.advance(2 * LOOK_MS);
  return { applied, applying, clock, lines, look, mounted, service, watch };
}

describe('a configuration file that changes while a process runs', () => {
  it('is applied as far as it can be, and the log says what needs a restart', async () => {
    using directory = new TemporaryDirectory();
    const bed = await startWatch(directory, 'weir: { logLevel: info }');
    const { applied, lines, look, mounted, service, watch } = bed;
    look();
    expect(lines).toEqual([]);
    mounted.write('clusterID: east\nweir: { logLevel: debug }');
    look();
    await until('both lines', () => lines.length === 2);
    expect(applied.map(({ logLevel }) => logLevel)).toEqual(['debug']);
    expect(service.log.level).toBe('debug');
    expect(lines[0]).toMatch(/info {2}configuration: reads \S+ again, and applies weir\.logLevel$/);
    expect(lines[1]).toMatch(/warn {2}configuration: \S+ has changed: restart this process for clusterID$/);
    mounted.write('weir: { logLevel: info }');
    look();
    await until('the way back', () => applied.length === 2);
    look();
    expect(lines.filter((line) => line.includes('restart'))).toHaveLength(1);
    await watch.stop(1_000);
  });

  it('keeps what is in use when the new text is invalid, and says why once', async () => {
    using directory = new TemporaryDirectory();
    const { applied, lines, look, mounted, watch } = await startWatch(directory, '');
    mounted.write('weir: { logLevel: loud }');
    look();
    await until('the refusal', () => lines.length > 0);
    look();
    look();
    expect(lines).toEqual([
      expect.stringMatching(
        /error configuration: refuses the new \S+ and keeps the earlier one: \S+:1: weir\.logLevel: expected/,
      ),
    ]);
    mounted.write('weir: { logLevel: debug }');
    look();
    await until('the mended one', () => applied.length === 1);
    await watch.stop(1_000);
  });

  it('may be missing for a moment', async () => {
    using directory = new TemporaryDirectory();
    const { applied, lines, look, mounted, watch } = await startWatch(directory, '');
    renameSync(mounted.path, `${mounted.path}.old`);
    look();
    expect(lines.at(-1)).toContain('keeps the configuration in use:');
    renameSync(`${mounted.path}.old`, mounted.path);
    look();
    expect(applied).toEqual([]);
    await watch.stop(1_000);
  });

  it('leaves half of the time for a stop to the other parts while it is applied', async () => {
    using directory = new TemporaryDirectory();
    const { applied, applying, clock, look, mounted, watch } = await startWatch(directory, '');
    applying.push(new Promise(() => {}));
    mounted.write('weir: { logLevel: debug }');
    look();
    await until('the change', () => applied.length === 1);
    let isStopped = false;
    void watch.stop(10_000).then(() => {
      isStopped = true;
    });
    clock.advance(5_000);
    await until('the stop', () => isStopped);
  });
});
