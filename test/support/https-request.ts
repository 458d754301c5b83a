import { Agent, request } from 'node:https';
import type { Answer, FetchOptions } from './namespace-client.ts';

const agent = new Agent({ keepAlive: true }); // it keeps connections apart by their authority

/** Fetches from a server whose certificate `options.ca` has signed. Rejects when there is no answer. */
export function fetchOverTls(url: string, { body, ...options }: FetchOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ...options, agent }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (text) => {
        answer += text;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode!, body: answer }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
