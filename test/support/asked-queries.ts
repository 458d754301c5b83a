import type { EventsAnswer } from '../../src/flow/index.ts';
import {
  type HttpExchange,
  type Routes,
  readRequestBody,
  routeWith,
  sendJson,
} from '../../src/http/index.ts';
import type { QueryAnswer, QueryText } from '../../src/query/contract/index.ts';

/** Answers POST /query as a test says, and notes what was asked. It knows of no events. */
export class AskedQueries {
  readonly asked: QueryText[] = [];
  /** Questions that wait for an answer, at most at any time. */
  mostAtOnce = 0;
  #running = 0;
  #answer: (query: QueryText) => QueryAnswer | Promise<QueryAnswer>;

  constructor(answer: (query: QueryText) => QueryAnswer | Promise<QueryAnswer>) {
    this.#answer = answer;
  }

  /** Answers differently from now on; what it throws is the answer, too. */
  set answer(answer: (query: QueryText) => QueryAnswer | Promise<QueryAnswer>) {
    this.#answer = answer;
  }

  get routes(): Routes {
    return {
      'POST /query': routeWith({ needsToken: true, maxBodyOctets: 65_536 }, (exchange) =>
        this.#take(exchange),
      ),
      '/events': ({ response }) =>
        sendJson(response, {
          events: [],
          isCut: false,
          damagedLines: 0,
          missingFiles: 0,
        } satisfies EventsAnswer),
    };
  }

  async #take({ request, response }: HttpExchange): Promise<void> {
    const query = JSON.parse((await readRequestBody(request, 65_536)).toString('utf8')) as QueryText;
    this.asked.push(query);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#running);
    try {
      sendJson(response, await this.#answer(query));
    } finally {
      this.#running--;
    }
  }
}
