import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logqlRoute } from '../../../src/api/index.ts';
import { conditionOfWords } from '../../../src/flow/index.ts';
import { HttpServer } from '../../../src/http/index.ts';
import { logqlOf } from '../../../src/logs/index.ts';

const server = new HttpServer({ host: '127.0.0.1', port: 0 }, { '/flows/logql': logqlRoute });
beforeAll(() => server.start());
afterAll(() => server.stop());

const ask = (where: string) => fetch(`${server.url}/flows/logql?${new URLSearchParams({ where })}`);

describe('/flows/logql', () => {
  it('answers the LogQL of a condition, as text', async () => {
    const response = await ask('namespace=shop and port!=53');
    const words = { namespace: ['shop'], port: ['!53'] };
    expect(await response.text()).toBe(`${logqlOf(conditionOfWords(words))}\n`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  });

  it('says where a text is no condition', async () => {
    const response = await ask('namespace=');
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/where: column 11: expected .* a value for namespace/);
  });
});
