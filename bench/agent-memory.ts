import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { insertConnections, numberedConnection } from '../test/support/conntrack-fixture.ts';
import { createNamespace } from '../test/support/namespace.ts';
import type { Program } from '../test/support/program.ts';
import { TemporaryDirectory } from '../test/support/temporary-directory.ts';
import { until } from '../test/support/until.ts';
import { launcherEnvironment, launcherFlags } from './launcher.ts';
import type { BenchRow } from './measure.ts';

export const title = 'agent process, 100,000 connections';

const count = 100_000;
const polls = 12;

interface Report {
  records: number;
  held: number;
  polls: number;
  rssOctets: number;
  delayMs: { p99: number; max: number };
  cpuMs: number;
}

/**
 * An agent in its own process that polls each second, by events and dumps, and makes a record of every
 * connection. It has the flags of bin/weir. Its modules come from the compile cache, stripped of types, as in
 * a built package.
 */
export async function run(): Promise<BenchRow[]> {
  await using namespace = await createNamespace('bench');
  using directory = new TemporaryDirectory();
  const module = fileURLToPath(new URL('agent/watch.ts', import.meta.url));
  const startAgent = () =>
    namespace.start([process.execPath, ...launcherFlags.agent, module], {
      ipc: true,
      environment: { NODE_COMPILE_CACHE: directory.path, ...launcherEnvironment },
    });
  {
    await using first = startAgent();
    await messageFrom(first);
    first.process.send('stop');
    await first.succeeds();
  }
  await using agent = startAgent();
  const askAgent = async (): Promise<Report> => {
    agent.process.send('report');
    return (await messageFrom(agent)) as Report;
  };
  await messageFrom(agent);
  const empty = await askAgent();
  namespace.enter(() => insertConnections(numberedConnections()));
  const full = await until(
    'a record of every connection',
    async () => {
      const report = await askAgent();
      return report.held === count && report.records >= count && report;
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
  agent.process.send('forget delays'); // resets the delays of 100,000 connections that begin at once
  let greatest = full.rssOctets;
  const last = await until(
    'some polls',
    async () => {
      const report = await askAgent();
      greatest = Math.max(greatest, report.rssOctets);
      return report.polls >= full.polls + polls && report;
    },
    { timeoutMs: 120_000, everyMs: 200 },
  );
  agent.process.send('stop');
  await agent.succeeds();
  return [
    { name: 'resident, nothing tracked', median: empty.rssOctets / 1e6, unit: 'MB' },
    { name: 'resident, greatest', median: greatest / 1e6, unit: 'MB', target: { atMost: 150 } },
    { name: 'CPU a poll', median: (last.cpuMs - full.cpuMs) / (last.polls - full.polls), unit: 'ms' },
    { name: 'main-thread delay p99', median: last.delayMs.p99, unit: 'ms', target: { atMost: 10 } },
    { name: 'main-thread delay, greatest', median: last.delayMs.max, unit: 'ms' },
  ];
}

/** The next message, or the account of a program that ended instead. */
async function messageFrom(program: Program): Promise<unknown> {
  const ended = program.ended.then(() => Promise.reject(new Error(program.account())));
  const [message] = await Promise.race([once(program.process, 'message'), ended]);
  return message;
}

function* numberedConnections() {
  for (let index = 0; index < count; index++) yield numberedConnection(index, index % 4 === 0 ? 6 : 4);
}

if (import.meta.main) console.table(await run());
