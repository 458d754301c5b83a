import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Agent } from '../../src/exporter/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';

/* A process with an agent only: it watches its own namespace and reports its costs on request. */
let records = 0;
const agent = new Agent(
  {
    nodeName: 'bench',
    nodeNetworks: ['10.0.0.0/8'],
    pollIntervalMs: 1_000,
    activeTimeoutMs: 2_000,
    idleTimeoutMs: 1_000,
  },
  {
    clock: systemClock,
    log: new Log(systemClock, (line) => console.error(line), 'error'),
    ledger: new Ledger(),
    emit: (batch) => {
      records += batch.length;
    },
  },
);
const delay = monitorEventLoopDelay({ resolution: 1 });
await agent.start();
delay.enable();
process.send!('started');

process.on('message', async (asked) => {
  if (asked === 'stop') {
    await agent.stop(5_000);
    process.disconnect();
    return;
  }
  if (asked === 'forget delays') {
    delay.reset();
    return;
  }
  const { conntrackKeptConnections, pollCycleDuration } = agent.metrics;
  process.send!({
    records,
    held: conntrackKeptConnections,
    polls: pollCycleDuration.counts.at(-1),
    rssOctets: process.memoryUsage.rss(),
    delayMs: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
    cpuMs: (process.cpuUsage().user + process.cpuUsage().system) / 1_000,
  });
});
