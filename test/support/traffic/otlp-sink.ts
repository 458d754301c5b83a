import { createServer } from 'node:http';
import { decodeMetrics } from '../otlp-receiver.ts';

/*
 * otlp-sink.ts PORT: receives OTLP metrics over HTTP on loopback. Prints a line of JSON for each request,
 * with the sum over all points of each metric: {"weir.flow.node.bytes": 1234, …}.
 */
createServer(async (request, response) => {
  const { metrics } = decodeMetrics(Buffer.concat(await request.toArray()));
  const sums = metrics.map(({ name, points }) => [name, points.reduce((sum, { value }) => sum + value, 0)]);
  console.log(JSON.stringify(Object.fromEntries(sums)));
  response.end();
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'));
