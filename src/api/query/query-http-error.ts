import { HttpError } from '../../http/index.ts';
import { describeError, WeirError } from '../../runtime/index.ts';

/** What a client gets for an error of a question. Other errors stay as they are. */
export function queryHttpError(error: unknown): unknown {
  if (!(error instanceof WeirError)) return error;
  if (error.code === 'WEIR_QUERY_BUSY')
    return new HttpError(429, describeError(error), { 'retry-after': '5' });
  return new HttpError(error.code === 'WEIR_QUERY_SLOW' ? 422 : 503, describeError(error));
}
