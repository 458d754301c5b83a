import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What a server was asked. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Of the address, and of a form that was posted. */
  readonly parameters: URLSearchParams;
}

/** Answers each question as a test wants, also in ways that a real server will not. */
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

  /** The same to every question. */
  says(status: number, body: string, headers: Readonly<Record<string, string>>): void {
    this.answer = (_, response) => response.writeHead(status, headers).end(body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
