import { parseArgs } from 'node:util';
import { type FuzzReport, fuzz, fuzzLongest } from './fuzzer.ts';
import { fuzzSockets, type SocketReport } from './socket-rounds.ts';

const usage = `npm run fuzz [-- --seconds N] [-- --seed N]

Sends whole sessions of IPFIX over every transport, of NetFlow and sFlow to a collector, breaks one thing at a time,
and asserts what must hold whatever arrives: test/fuzz/round-play.ts. A fifth of the time it plays sessions over
sockets of the kernel, and breaks TLS records and DTLS datagrams on their way: test/fuzz/socket-rounds.ts.

  --seconds N  how long; default 600
  --seed N     plays the rounds of this seed only, as a fault names it
  --help       prints this

Exit status 1: a fault was found. It is printed with its seed and its smallest round.`;

const DEFAULT_SECONDS = 600;
/** The part of the time for sockets of the kernel. */
const PART_SOCKETS = 1 / 5;

const { values } = parseArgs({
  options: { seconds: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(usage);
  process.exit();
}
const firstSeed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 30));
const seconds = Number(values.seconds ?? (values.seed === undefined ? DEFAULT_SECONDS : 0));
if (!Number.isInteger(firstSeed) || !(seconds >= 0)) {
  console.error(usage);
  process.exit(2);
}

let current = 'the longest messages';
process.on('uncaughtException', (error) => {
  console.error(`${current}:`, error);
  process.exit(1);
});

if (values.seed === undefined) printReport(await fuzzLongest(), '');
current = `sockets from seed ${firstSeed}`;
printSockets(await fuzzSockets(firstSeed, seconds * PART_SOCKETS));
current = `seed ${firstSeed}`;
const report = await fuzz(firstSeed, seconds * (1 - PART_SOCKETS), ({ seeds }) => {
  current = `seed ${firstSeed + seeds}`;
});
printReport(report, `\n\nnpm run fuzz -- --seed ${firstSeed + report.seeds - 1}`);

/** Prints what was done over sockets, and ends the process at a fault. */
function printSockets({ rounds, sessions, messages, seconds, fault }: SocketReport): void {
  const range = `seeds ${firstSeed} to ${firstSeed + rounds - 1}`;
  console.log(`sockets, ${range}: ${sessions} sessions, ${messages} messages, ${seconds.toFixed(0)} s`);
  if (fault === undefined) return;
  console.log(`\n${fault}\n\nnpm run fuzz -- --seed ${firstSeed + rounds - 1}`);
  process.exit(1);
}

/** Prints what was done, and ends the process at a fault. */
function printReport(
  { seeds, messages, octets, seconds, longestTurnMs, fault }: FuzzReport,
  replay: string,
): void {
  const range = seeds === 0 ? current : `seeds ${firstSeed} to ${firstSeed + seeds - 1}`;
  const counts = `${messages} messages, ${(octets / 1e6).toFixed(1)} MB, ${seconds.toFixed(0)} s`;
  console.log(`${range}: ${counts}, longest turn ${longestTurnMs.toFixed(1)} ms`);
  if (fault === undefined) return;
  console.log(`\n${fault}${replay}`);
  process.exit(1);
}
