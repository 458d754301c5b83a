import { parseCondition } from '../../flow/index.ts';
import { HttpError, type Route } from '../../http/index.ts';
import { logqlOf } from '../../logs/index.ts';

/**
 * GET /flows/logql?where=: the LogQL query for the flows that `where` of /flows means, as `weir logql` prints
 * it. It is for flows that are logged with default options.
 */
export const logqlRoute: Route = ({ url, response }) => {
  const query = logqlOfText(url.searchParams.get('where') ?? '');
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${query}\n`);
};

/** @throws {HttpError} with what is wrong with the text, or what LogQL cannot test */
function logqlOfText(where: string): string {
  try {
    return logqlOf(parseCondition(where));
  } catch (error) {
    throw new HttpError(400, `where: ${(error as Error).message}`);
  }
}
