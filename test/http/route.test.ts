import { describe, expect, it } from 'vitest';
import { HttpError } from '../../src/http/index.ts';
import { RouteTable } from '../../src/http/route.ts';

const nothing = () => {};
const table = new RouteTable({
  '/flows': nothing,
  '/flows/:id': nothing,
  'POST /queries': nothing,
  'DELETE /queries/:name': nothing,
});
const at = (path: string) => new URL(path, 'http://localhost');

function refusalOf(method: string, path: string): HttpError {
  try {
    table.find(method, at(path));
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
  throw new Error(`${method} ${path} is not refused`);
}

describe('routes', () => {
  it('are found by method and path, and HEAD is answered as GET', () => {
    expect(table.find('GET', at('/flows?last=3')).parameters).toEqual({});
    expect(table.find('HEAD', at('/flows')).parameters).toEqual({});
    expect(table.find('POST', at('/queries')).parameters).toEqual({});
  });

  it('have parameters, which are decoded', () => {
    expect(table.find('GET', at('/flows/42')).parameters).toEqual({ id: '42' });
    expect(table.find('DELETE', at('/queries/shop%2Fcart')).parameters).toEqual({ name: 'shop/cart' });
  });

  it('that do not exist are answered with the existing ones', () => {
    expect(refusalOf('GET', '/flow')).toMatchObject({
      status: 404,
      message: 'unknown path /flow; the paths are /flows, /flows/:id, /queries, /queries/:name',
    });
    expect(refusalOf('GET', '/flows/1/2').status).toBe(404);
    expect(refusalOf('GET', '/flows/__proto__/x').status).toBe(404);
  });

  it('refuse other methods, and name the accepted ones', () => {
    expect(refusalOf('PUT', '/flows')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(refusalOf('GET', '/queries')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  });

  it('refuse a parameter that is no UTF-8', () => {
    expect(refusalOf('DELETE', '/queries/%ff').status).toBe(400);
  });
});
