import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchRow, quantileOf } from './measure.ts';
import { RECORDS, runPipeline } from './pipeline/run.ts';

export const title = 'the aggregator, end to end, over TLS against TCP';
export const needs = ['openssl'] as const;

const RUNS = 3;
const RECORDS_A_MESSAGE = 200;

export async function run(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  try {
    const certificate = makeCertificate(directory);
    const rates: number[] = [];
    const ratios: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      const tcp = await runPipeline('receiver', RECORDS_A_MESSAGE);
      const tls = await runPipeline('receiver', RECORDS_A_MESSAGE, [], certificate);
      rates.push(RECORDS / tls.cpuSeconds);
      ratios.push(tcp.cpuSeconds / tls.cpuSeconds);
    }
    return [
      {
        name: `end to end over TLS, ${RECORDS_A_MESSAGE} records a message`,
        unit: 'records/CPU-s',
        median: quantileOf(rates, 0.5),
        ratio: quantileOf(ratios, 0.5),
        against: 'TCP',
        target: { of: 'ratio', atLeast: 0.9 },
      },
    ];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A certificate that signs itself, and its key, for both ends. */
function makeCertificate(directory: string): [certificate: string, key: string] {
  const [certificate, key] = [join(directory, 'bench.crt'), join(directory, 'bench.key')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const names = ['-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...request, ...names, '-days', '2', '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  return [certificate, key];
}
