import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request to the server. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** From the URL, and from a posted form. */
  readonly parameters: URLSearchParams;
}

/** Answers each request as a test wants, also in ways that a real server would not. */
export class AnsweringServer implements AsyncDisposable {
  readonly questions: Question[] = [];
  answer: (question: Question, response: ServerResponse) => void = (_, response) => response.end();
  readonly #server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url!, 'http://127.0.0.1');
    const parameters = new URLSearchParams(`${search.slice(1)}&${await text(request)}`);
    const question = { method: request.method!, path: pathname, headers: request.headers, parameters };
    this.questions.push(question);
    this.answer(question, response);
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Gives the same answer to every request. */
  says(status: number, body: string, headers: Readonly<Record<string, string>>): void {
    this.answer = (_, response) => response.writeHead(status, headers).end(body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
