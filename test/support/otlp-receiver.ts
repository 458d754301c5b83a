import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export type AttributeValues = Readonly<Record<string, string | number | boolean>>;

export interface OtlpPoint {
  readonly attributes: AttributeValues;
  readonly startMs: number;
  readonly timeMs: number;
  /** For a histogram, the number of observations. */
  readonly value: number;
  readonly sum?: number;
  readonly bounds?: readonly number[];
  readonly counts?: readonly number[];
}

export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly type: 'gauge' | 'sum' | 'histogram';
  readonly isMonotonic: boolean;
  readonly isCumulative: boolean;
  readonly points: readonly OtlpPoint[];
}

/** One ExportMetricsServiceRequest. */
export interface OtlpRequest {
  readonly resource: AttributeValues;
  readonly metrics: readonly OtlpMetric[];
}

/**
 * A receiver of OTLP over HTTP on loopback, or HTTPS with its own certificate. A test can make it fail.
 */
export class OtlpReceiver implements AsyncDisposable {
  readonly requests: OtlpRequest[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  /** Connections that were opened. */
  connections = 0;
  answer: (response: ServerResponse) => void = (response) => response.end();
  readonly #server;
  readonly #scheme: 'http' | 'https';

  constructor(tls?: { cert: string; key: string }) {
    const receive: RequestListener = (request, response) => void this.#receive(request, response);
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#server = tls === undefined ? createServer(receive) : createTlsServer(tls, receive);
  }

  async start(): Promise<this> {
    this.#server.on('connection', () => this.connections++);
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get endpoint(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/metrics`;
  }

  /** The newest metric of this name. */
  metric(name: string): OtlpMetric | undefined {
    return this.requests.flatMap(({ metrics }) => metrics).findLast((metric) => metric.name === name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = Buffer.concat(await request.toArray());
      this.headers.push(request.headers);
      this.requests.push(decodeMetrics(body));
      this.answer(response);
    } catch {
      response.destroy(); // the client went away, or its request cannot be read
    }
  }
}

/**
 * Reads opentelemetry/proto/collector/metrics/v1: resource_metrics = 1 { resource = 1, scope_metrics = 2 {
 * metrics = 2 } }.
 */
export function decodeMetrics(octets: Uint8Array): OtlpRequest {
  const resourceMetrics = new Message(octets).messages(1);
  return {
    resource: Object.assign({}, ...resourceMetrics.map((one) => attributesOf(one.messages(1)[0], 1))),
    metrics: resourceMetrics.flatMap((one) =>
      one.messages(2).flatMap((scope) => scope.messages(2).map(metricOf)),
    ),
  };
}

/**
 * name = 1, description = 2, unit = 3, gauge = 5, sum = 7, histogram = 9, each with data_points = 1,
 * aggregation_temporality = 2.
 */
function metricOf(metric: Message): OtlpMetric {
  const [gauge, sum, histogram] = [5, 7, 9].map((field) => metric.messages(field)[0]);
  const data = gauge ?? sum ?? histogram;
  return {
    name: metric.text(1),
    description: metric.text(2),
    unit: metric.text(3),
    type: gauge ? 'gauge' : sum ? 'sum' : 'histogram',
    isMonotonic: sum?.number(3) === 1,
    isCumulative: data?.number(2) === 2,
    points: data?.messages(1).map(histogram ? histogramPointOf : numberPointOf) ?? [],
  };
}

/** start_time = 2, time = 3, as_double = 4, as_int = 6, attributes = 7. */
const numberPointOf = (point: Message): OtlpPoint => ({
  attributes: attributesOf(point, 7),
  startMs: Math.round(point.fixed(2) / 1e6),
  timeMs: Math.round(point.fixed(3) / 1e6),
  value: point.has(4) ? point.double(4) : point.fixed(6),
});

/** start_time = 2, time = 3, count = 4, sum = 5, bucket_counts = 6, explicit_bounds = 7, attributes = 9. */
const histogramPointOf = (point: Message): OtlpPoint => ({
  attributes: attributesOf(point, 9),
  startMs: Math.round(point.fixed(2) / 1e6),
  timeMs: Math.round(point.fixed(3) / 1e6),
  value: point.fixed(4),
  sum: point.double(5),
  counts: point.packed(6, (view, at) => Number(view.getBigUint64(at, true))),
  bounds: point.packed(7, (view, at) => view.getFloat64(at, true)),
});

/** key = 1, value = 2 { string = 1, bool = 2, int = 3, double = 4 }. */
function attributesOf(message: Message | undefined, field: number): AttributeValues {
  return Object.fromEntries(
    message?.messages(field).map((pair) => {
      const [value] = pair.messages(2);
      if (value?.has(2)) return [pair.text(1), value.number(2) === 1];
      if (value?.has(3)) return [pair.text(1), value.number(3)];
      return [pair.text(1), value?.has(4) ? value.double(4) : (value?.text(1) ?? '')];
    }) ?? [],
  );
}

/** A message in protocol buffers' encoding: fields by number, each with its values in order. */
class Message {
  readonly #fields = new Map<number, (number | Uint8Array)[]>();

  constructor(octets: Uint8Array) {
    for (let at = 0; at < octets.length; ) {
      let tag: number;
      [tag, at] = varintAt(octets, at);
      let value: number | Uint8Array;
      if ((tag & 7) === 0) [value, at] = varintAt(octets, at);
      else {
        let length = (tag & 7) === 1 ? 8 : 4;
        if ((tag & 7) === 2) [length, at] = varintAt(octets, at);
        value = octets.subarray(at, at + length);
        at += length;
        if (at > octets.length) throw new Error('the message is cut off');
      }
      const values = this.#fields.get(tag >>> 3) ?? [];
      this.#fields.set(tag >>> 3, values);
      values.push(value);
    }
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  messages(field: number): Message[] {
    return this.#all(field).map((value) => new Message(value as Uint8Array));
  }

  text(field: number): string {
    return Buffer.from((this.#all(field)[0] as Uint8Array | undefined) ?? []).toString();
  }

  number(field: number): number {
    return (this.#all(field)[0] as number | undefined) ?? 0;
  }

  double(field: number): number {
    return this.#view(field)?.getFloat64(0, true) ?? 0;
  }

  /** Of 64 bits. */
  fixed(field: number): number {
    return Number(this.#view(field)?.getBigInt64(0, true) ?? 0);
  }

  packed(field: number, read: (view: DataView, at: number) => number): number[] {
    const view = this.#view(field);
    return Array.from({ length: (view?.byteLength ?? 0) / 8 }, (_, index) => read(view!, index * 8));
  }

  #all(field: number): (number | Uint8Array)[] {
    return this.#fields.get(field) ?? [];
  }

  #view(field: number): DataView | undefined {
    const octets = this.#all(field)[0] as Uint8Array | undefined;
    return octets && new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  }
}

/** The number and where it ends. */
function varintAt(octets: Uint8Array, start: number): [number, number] {
  let value = 0;
  for (let at = start, factor = 1; at < octets.length; at++, factor *= 128) {
    value += (octets[at]! & 127) * factor;
    if (octets[at]! < 128) return [value, at + 1];
  }
  throw new Error('a number is cut off');
}
