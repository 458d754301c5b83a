import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import type { AccountStatement } from '../../src/runtime/index.ts';
import { freePort } from '../support/free-port.ts';
import { completeRecord, startExporter } from '../support/ipfix.ts';
import { Program } from '../support/program.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { weirCommand } from './weir.ts';

/** A command with its standard streams where a test wants them: `>/dev/full`. */
const redirected = (redirection: string, ...args: string[]): string[] => [
  'sh',
  '-c',
  `exec "$@" ${redirection}`,
  'sh',
  ...weirCommand(...args),
];

describe('standard output and standard error', () => {
  let directory: TemporaryDirectory;

  beforeEach(() => {
    directory = new TemporaryDirectory();
  });

  afterEach(() => directory[Symbol.dispose]());

  /** The file of an aggregator that listens where nobody sends, and answers HTTP at a port of its own. */
  function aggregatorFile(weir: object = {}): string {
    const file = directory.file('aggregator.yaml');
    const quiet = {
      listen: ['udp://127.0.0.1:0'],
      http: { listen: '127.0.0.1:0' },
      metrics: { listen: 'off' },
    };
    writeFileSync(file, JSON.stringify({ weir: { ...quiet, ...weir } }));
    return file;
  }

  it('end a command with one line and no stack trace when they fail', async () => {
    const { code, stderr } = await new Program(redirected('>/dev/full', 'logql', '--port', '443')).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^weir: cannot write to standard output: ENOSPC.+\n$/);
  });

  it('cost a daemon only the unwritable lines, which it counts', async () => {
    const port = await freePort();
    const file = aggregatorFile({ http: { listen: `127.0.0.1:${port}` } });
    await using program = new Program(redirected('2>/dev/full', 'aggregator', '--config', file));
    const ledger = async (): Promise<AccountStatement[]> =>
      (await fetch(`http://127.0.0.1:${port}/ledger`)).json() as Promise<AccountStatement[]>;
    await until('the aggregator to answer', () =>
      ledger().then(
        () => true,
        () => false,
      ),
    );
    const lost = (await ledger()).find(({ name }) => name === 'log');
    expect(lost).toMatchObject({ unit: 'lines', closed: true });
    expect(lost!.dropped['not written']).toBeGreaterThan(0);
    expect((await program.stop()).code).toBe(0);
  });

  it('cost only their own sink the unwritable records', async () => {
    const lines = directory.file('flows.jsonl');
    const file = aggregatorFile({
      listen: ['tcp://127.0.0.1:0'],
      sinks: [{ jsonLines: { path: '-' } }, { jsonLines: { path: lines } }],
    });
    await using program = new Program(redirected('>/dev/full', 'aggregator', '--config', file));
    const [, port] = await program.says(/listens on tcp:\/\/127\.0\.0\.1:(\d+)/);
    await program.says(/weir: ready/);
    await using exporter = await startExporter({ protocol: 'tcp', host: '127.0.0.1', port: Number(port) });
    exporter.exporter.send(batchOf([completeRecord('agent', 4)]));
    await program.says(/jsonLines-1.*ENOSPC/);
    const { code, stderr } = await program.stop();
    expect(code, stderr).toBe(0);
    expect(readFileSync(lines, 'utf8').split('\n')).toHaveLength(2);
    expect(stderr).toMatch(/sink jsonLines-2 +records +1 +1 +0/);
  });

  it('survive a hangup in a daemon, which goes on and ends on SIGTERM', async () => {
    await using program = new Program(weirCommand('aggregator', '--config', aggregatorFile()));
    await program.says(/weir: ready/);
    program.process.kill('SIGHUP');
    await program.says(/continues after SIGHUP/);
    const { code, stderr } = await program.stop();
    expect(code, stderr).toBe(0);
  });
});
