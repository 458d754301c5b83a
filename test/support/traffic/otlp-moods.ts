import { createServer, type ServerResponse } from 'node:http';
import { decodeMetrics } from '../otlp-receiver.ts';

/*
 * otlp-moods.ts PORT: receivers of OTLP over HTTP on loopback, each fails in its own way: POST /429/…, /503/…
 * and /silent/…. GET /well makes them work. GET /sums returns the number of requests to each. For the last
 * accepted one it has the sum over the points of each metric.
 */
export interface Mood {
  asked: number;
  taken: number;
  sums: Record<string, number>;
}

let isWell = false;
const moods: Record<string, Mood> = {};

const fail: Record<string, (response: ServerResponse) => void> = {
  429: (response) => response.writeHead(429, { 'Retry-After': '1' }).end('slow down'),
  503: (response) => response.writeHead(503).end('not now'),
  silent: () => {},
};

createServer(async (request, response) => {
  const mood = request.url!.split('/')[1]!;
  if (mood === 'well') isWell = true;
  if (mood === 'well' || mood === 'sums') return response.end(JSON.stringify(moods));
  const body = Buffer.concat(await request.toArray());
  moods[mood] ??= { asked: 0, taken: 0, sums: {} };
  moods[mood].asked++;
  if (!isWell) return fail[mood]!(response);
  moods[mood].taken++;
  for (const { name, points } of decodeMetrics(body).metrics) {
    moods[mood].sums[name] = points.reduce((sum, { value }) => sum + value, 0);
  }
  return response.end();
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'));
