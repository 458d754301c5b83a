/**
 * Replaces a Loki in the benchmarks of logs. It takes pushes in every form, decodes each to the last entry,
 * counts the lines, and does nothing else. It reports its URL and, on request, the number of lines.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { uncompressSync } from 'snappy';
import { LineBatch } from '../../src/logs/push/line-batch.ts';
import { ProtobufReader } from '../../src/logs/push/protobuf-reader.ts';

let lines = 0;

const server = createServer(async (request, response) => {
  const body = await buffer(request);
  const type = request.headers['content-type'] ?? '';
  if (type.includes('json'))
    lines += linesOfJson(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
  else lines += linesOfProtobuf(uncompressSync(body) as Buffer);
  response.writeHead(204).end();
});

/** Decodes each entry down to the texts of its line and its pairs. */
function linesOfProtobuf(request: Uint8Array): number {
  let octets = 0;
  const batch = LineBatch.decode(request, 0);
  for (const { entries } of batch.parts) {
    for (const { content } of new ProtobufReader(entries).fields()) {
      const [timestamp, line, ...pairs] = new ProtobufReader(content).fields();
      octets += timestamp!.content.length + line!.content.length + pairs.length;
    }
  }
  return octets > 0 ? batch.count : 0;
}

function linesOfJson(text: Buffer): number {
  const { streams } = JSON.parse(text.toString()) as { streams: { values: unknown[] }[] };
  return streams.reduce((sum, { values }) => sum + values.length, 0);
}

process.on('message', () => process.send!({ lines }));
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => {
  process.send!({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
