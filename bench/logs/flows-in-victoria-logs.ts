import { type FlowBatch, recordToJson } from '../../src/flow/index.ts';
import { startVictoriaLogs, type VictoriaLogs } from '../../test/support/victoria-logs.ts';
import type { Question } from './flow-questions.ts';

/** @throws when it has another number of entries; duplicates count twice */
export async function expectEntries(server: VictoriaLogs, count: number): Promise<void> {
  await server.flush();
  const stored = await server.count('*');
  if (stored !== count) throw new Error(`${count} flows were written, VictoriaLogs has ${stored}`);
}

/** Octets of each flow on its disk after its parts are merged. */
export async function octetsAFlow(server: VictoriaLogs, flows: number): Promise<number> {
  await server.merge();
  return server.storedOctets() / flows;
}

/** The sum of the numbers in its answer. */
export async function countAnswers(server: VictoriaLogs, { logsql }: Question): Promise<number> {
  const rows = await server.query(logsql);
  return rows.reduce((sum, { n }) => sum + Number(n), 0);
}

/**
 * Octets of each flow in a VictoriaLogs that gets them as lines of JSON. Each key is a field there, which
 * takes less room than one text.
 * @throws when a flow is missing
 */
export async function octetsAsJson(batches: Iterable<FlowBatch>): Promise<number> {
  await using server = await startVictoriaLogs();
  let flows = 0;
  for (const batch of batches) {
    await insertJson(server, batch);
    flows += batch.length;
  }
  await expectEntries(server, flows);
  return await octetsAFlow(server, flows);
}

async function insertJson(server: VictoriaLogs, batch: FlowBatch): Promise<void> {
  const body = [...batch]
    .map((record) => JSON.stringify({ _msg: 'flow', service_name: 'json', ...recordToJson(record) }))
    .join('\n');
  const fields = '_stream_fields=service_name&_time_field=flowEndMilliseconds';
  const response = await fetch(`${server.url}/insert/jsonline?${fields}`, { method: 'POST', body });
  if (!response.ok) throw new Error(`JSON was answered with ${response.status}: ${await response.text()}`);
}
