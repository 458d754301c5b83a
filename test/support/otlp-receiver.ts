import { createServer } from 'node:http';

/*
 * otlp-receiver.ts PORT: takes OTLP metrics by HTTP and protobuf on all addresses, and prints one line of JSON for each export:
 * the values of each metric's number points summed, {"sums": {"weir.flow.node.io.bytes": 1234}}.
 *
 * Reads the wire format of protobuf by itself, by the field numbers of opentelemetry/proto/metrics/v1/metrics.proto, so that what is
 * received is judged by something other than what sent it.
 */

interface Field {
  readonly number: number;
  /** Of a length-delimited field its bytes, of a fixed one its eight. */
  readonly bytes: Buffer;
}

/** The fields of a message, in order; those that are varints are passed over. */
function* fieldsOf(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const octet = message[at++]!;
      value += (octet & 0x7f) * scale;
      if (octet < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wireType = tag & 7;
    if (wireType === 0) {
      varint();
      continue;
    }
    const length = wireType === 2 ? varint() : wireType === 1 ? 8 : 4;
    yield { number: tag >>> 3, bytes: message.subarray(at, at + length) };
    at += length;
  }
}

/** The messages in one field of a message. */
const messagesIn = (message: Buffer, number: number): Buffer[] =>
  [...fieldsOf(message)].filter((field) => field.number === number).map(({ bytes }) => bytes);

/** NumberDataPoint: as_double = 4, as_int = 6. */
function valueOf(point: Buffer): number {
  for (const { number, bytes } of fieldsOf(point)) {
    if (number === 4) return bytes.readDoubleLE();
    if (number === 6) return Number(bytes.readBigInt64LE());
  }
  return 0;
}

/** ExportMetricsServiceRequest.resource_metrics = 1, .scope_metrics = 2, .metrics = 2, .name = 1, .gauge = 5 or .sum = 7, .data_points = 1. */
function sumsOf(request: Buffer): Record<string, number> {
  const sums: Record<string, number> = {};
  const metrics = messagesIn(request, 1)
    .flatMap((resource) => messagesIn(resource, 2))
    .flatMap((scope) => messagesIn(scope, 2));
  for (const metric of metrics) {
    const name = messagesIn(metric, 1)[0]!.toString();
    const points = [5, 7].flatMap((data) => messagesIn(metric, data)).flatMap((data) => messagesIn(data, 1));
    for (const point of points) sums[name] = (sums[name] ?? 0) + valueOf(point);
  }
  return sums;
}

createServer(async (request, response) => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  console.log(JSON.stringify({ sums: sumsOf(Buffer.concat(pieces)) }));
  response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
}).listen(Number(process.argv[2]), () => console.log('listening'));
