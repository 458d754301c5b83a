import type { NetworkNamespace } from './namespace.ts';
import type { Answer } from './namespace-client.ts';

/** The HTTP API of a server that a test started, queried from the server's namespace. */
export class HttpApi {
  readonly url: string;
  readonly #namespace: NetworkNamespace | undefined;
  readonly #headers: Readonly<Record<string, string>>;

  /** `url` has no slash at its end. */
  constructor(url: string, namespace?: NetworkNamespace, headers: Readonly<Record<string, string>> = {}) {
    this.url = url;
    this.#namespace = namespace;
    this.#headers = headers;
  }

  get(path: string, parameters: Parameters = {}): Promise<string> {
    return this.#succeed('GET', path, parameters);
  }

  post(path: string): Promise<string> {
    return this.#succeed('POST', path, {});
  }

  async getJson<T>(path: string, parameters?: Parameters): Promise<T> {
    return JSON.parse(await this.get(path, parameters)) as T;
  }

  /** A counter or gauge of /metrics, summed over its series with these labels. */
  async metric(name: string, labels: Readonly<Record<string, string>>): Promise<number> {
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    return (await this.get('/metrics'))
      .split('\n')
      .filter((line) => line.startsWith(name) && /^[ {]/.test(line.slice(name.length)))
      .filter((line) => wanted.every((pair) => line.includes(pair)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  /** Resolves with any answer; rejects when there is none. */
  send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<Answer> {
    const request = { method, headers: { ...this.#headers, ...headers }, body };
    const target = `${this.url}${path}`;
    return this.#namespace?.fetch(target, request) ?? ask(target, request);
  }

  async #succeed(method: string, path: string, parameters: Parameters): Promise<string> {
    const target = `${this.url}${path}${queryOf(parameters)}`;
    const request = { method, headers: this.#headers };
    const { status, body } = await (this.#namespace?.fetch(target, request) ?? ask(target, request));
    if (status >= 300) throw new Error(`${method} ${target} was answered with ${status}: ${body.trim()}`);
    return body;
  }
}

/** The values of a query string; several of one name as an array. */
export type Parameters = Record<string, string | number | readonly string[] | undefined>;

async function ask(target: string, request: RequestInit): Promise<Answer> {
  const response = await fetch(target, request);
  return { status: response.status, body: await response.text() };
}

function queryOf(parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) query.append(name, String(one));
    }
  }
  return query.size > 0 ? `?${query}` : '';
}
