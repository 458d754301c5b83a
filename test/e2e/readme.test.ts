import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { connect, createNamespace, type NetworkNamespace } from '../support/namespace.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { aggregatorSkewMs, weirProgram } from '../support/weir.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The blocks of a section, in their order: what follows ``` and the text. */
function blocksOf(heading: string): { kind: string; text: string }[] {
  const [, section] = readme.split(`\n## ${heading}\n`);
  if (section === undefined) throw new Error(`README has no section "${heading}"`);
  const own = section.split('\n## ')[0]!;
  return [...own.matchAll(/```(\w*)\n(.*?)```/gs)].map(([, kind, text]) => ({ kind: kind!, text: text! }));
}

/** Runs a command of the README in a folder: `npx weir` is the program of this checkout, and root needs no sudo. */
function start(host: NetworkNamespace, command: string, directory: string): Program {
  const words = command
    .trim()
    .replace(/^sudo /, '')
    .split(' ');
  expect(words.slice(0, 2)).toEqual(['npx', 'weir']);
  return host.start([process.execPath, weirProgram, ...words.slice(2)], { directory });
}

requires('namespaces', 'nft')('the README', () => {
  it('joins what two hosts see of a connection, by its own files and commands', async () => {
    using directory = new TemporaryDirectory();
    const [aggregatorFile, aggregatorCommand, agentFile, agentCommand] = blocksOf(
      'Agents on some hosts, an aggregator on another',
    ).map(({ text }) => text);
    const folder = (name: string, file: string, text: string): string => {
      const path = directory.file(name);
      mkdirSync(path);
      writeFileSync(join(path, file), text);
      return path;
    };

    // One network with the addresses that the README has.
    await using lan = await createNamespace('lan');
    await lan.run(['ip', 'link', 'add', 'bridge', 'type', 'bridge']);
    await lan.run(['ip', 'link', 'set', 'bridge', 'up']);
    await using collecting = await createNamespace('collecting');
    await using first = await createNamespace('first');
    await using second = await createNamespace('second');
    const hosts = [collecting, first, second];
    for (const [i, namespace] of hosts.entries()) {
      await connect(
        { namespace, device: 'eth0', addresses: [`192.0.2.1${i}/24`] },
        { namespace: lan, device: `port${i}`, addresses: [] },
      );
      await lan.run(['ip', 'link', 'set', `port${i}`, 'master', 'bridge']);
    }

    const collectingFolder = folder('collecting', 'aggregator.yaml', aggregatorFile!);
    await using aggregator = start(collecting, aggregatorCommand!, collectingFolder);
    await aggregator.says(/weir: ready/);
    const agents = await Promise.all(
      [first, second].map(async (host, i) => {
        const nodeName = `weir:\n  nodeName: host-${i + 1}\n`; // both namespaces have this machine's name
        const text = agentFile!.replace('weir:\n', nodeName);
        const agent = start(host, agentCommand!, folder(`host-${i + 1}`, 'agent.yaml', text));
        await agent.says(/weir: ready/);
        return agent;
      }),
    );
    await pause(aggregatorSkewMs);
    await using _server = await startTcpServer(second, { port: 8080, replyOctets: 5_000 });
    await exchangeTcp(first, { host: '192.0.2.12', port: 8080, octets: 10_000 });

    const file = join(collectingFolder, 'flows.jsonl');
    const records = () =>
      (existsSync(file) ? readFileSync(file, 'utf8') : '')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
        .filter(({ destinationTransportPort }) => destinationTransportPort === 8080);
    const record = await until('the record', () => records()[0], { timeoutMs: 60_000 });
    expect(record).toMatchObject({
      sourceIP: '192.0.2.11',
      destinationIP: '192.0.2.12',
      flowType: 'InterNode',
      sourceNodeName: 'host-1',
      destinationNodeName: 'host-2',
    });
    expect(record.octetTotalCountFromSourceNode).toBe(record.octetTotalCountFromDestinationNode);
    expect(record.octetTotalCount).toBeGreaterThan(10_000);
    for (const agent of agents) expect((await agent.stop()).code).toBe(0);
    expect((await aggregator.stop()).code).toBe(0);
    expect(records()).toHaveLength(1);
  });
});
