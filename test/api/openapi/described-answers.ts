import { type IncomingHttpHeaders, request } from 'node:http';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { ApiAnswer, ApiDocument } from '../../../src/api/index.ts';
import type { JsonSchema } from '../../../src/runtime/index.ts';

/** An answer of a server, as it came. */
export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks as `fetch` may not: a GET with a body that is announced and never comes, with any header. */
export function askServer(url: string, method: string, path: string, { headers = {}, body }: Asked = {}) {
  return new Promise<ReceivedAnswer>((resolve, reject) => {
    const asked = request(url + path, { method, headers, agent: false }, async (response) => {
      response.setEncoding('utf8');
      let text = '';
      for await (const piece of response) text += piece;
      asked.destroy();
      resolve({ status: response.statusCode!, headers: response.headers, text });
    });
    asked.on('error', reject);
    if (headers['content-length'] === undefined) asked.end(body);
    else asked.flushHeaders();
  });
}

const formats = { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/ };

/** Compares answers with a document of OpenAPI, and remembers which statuses there were. */
export class DescribedAnswers {
  readonly #document: ApiDocument;
  readonly #ajv = new Ajv2020({ strict: true, allowUnionTypes: true, formats });
  readonly #compiled = new Map<JsonSchema, ValidateFunction>();
  readonly #seen = new Map<string, Set<number>>();

  constructor(document: ApiDocument) {
    this.#document = document;
    this.#ajv.addKeyword('components'); // where references lead to
  }

  /** The schema, which may refer to others of the document. */
  compile(schema: JsonSchema): ValidateFunction {
    const known =
      this.#compiled.get(schema) ?? this.#ajv.compile({ ...schema, components: this.#document.components });
    this.#compiled.set(schema, known);
    return known;
  }

  /** The statuses of an operation that have a description of their own. */
  statusesOf(method: string, path: string): number[] {
    return Object.keys(this.#operation(method, path).responses)
      .filter((status) => status !== 'default')
      .map(Number);
  }

  /** The statuses that it has answered so far. */
  seenOf(method: string, path: string): number[] {
    return [...(this.#seen.get(`${method} ${path}`) ?? [])].sort();
  }

  /** Fails unless the operation describes the answer, by a status of its own. */
  expect(method: string, path: string, answer: ReceivedAnswer): void {
    const { status, text } = answer;
    const key = `${method} ${path}`;
    expect(this.statusesOf(method, path), `${key} answers ${status}: ${text}`).toContain(status);
    this.#expectAs(this.#operation(method, path).responses[status]!, key, answer);
    this.#seen.set(key, (this.#seen.get(key) ?? new Set()).add(status));
  }

  /** Fails unless the answer is what the operation describes for all other statuses. */
  expectOther(method: string, path: string, answer: ReceivedAnswer): void {
    expect(this.statusesOf(method, path)).not.toContain(answer.status);
    this.#expectAs(this.#operation(method, path).responses.default!, `${method} ${path}`, answer);
  }

  #expectAs({ content, headers = {} }: ApiAnswer, key: string, answer: ReceivedAnswer): void {
    const type = (answer.headers['content-type'] ?? '').split(';', 1)[0]!;
    expect(Object.keys(content), `${key}: content-type`).toContain(type);
    for (const [name, { schema }] of Object.entries(headers)) {
      const value = answer.headers[name];
      if (value !== undefined) this.#expectValid(schema, value, `${key}: ${name}`);
    }
    for (const value of valuesIn(type, answer.text)) this.#expectValid(content[type]!.schema, value, key);
  }

  #expectValid(schema: JsonSchema, value: unknown, what: string): void {
    const isValid = this.compile(schema);
    expect([isValid(value), isValid.errors], `${what}: ${JSON.stringify(value)}`).toEqual([true, null]);
  }

  #operation(method: string, path: string) {
    return this.#document.paths[path]![method.toLowerCase()]!;
  }
}

function valuesIn(type: string, text: string): unknown[] {
  if (type === 'application/json') return [JSON.parse(text)];
  if (type === 'application/x-ndjson')
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return [text];
}
