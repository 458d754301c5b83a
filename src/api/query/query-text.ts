import { HttpError } from '../../http/index.ts';

/** The values of a question that are lists of names. */
const lists = ['by', 'measures'];

/**
 * A question as the body of a request has it.
 * @throws {HttpError} 400
 */
export function questionInBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new HttpError(
      400,
      'query: expected a JSON object, such as {"from": "1h", "by": ["sourceWorkload"]}',
    );
  }
}

/**
 * A question as the parameters of an address have it: lists are separated by commas.
 * @throws {HttpError} 400
 */
export function questionInParameters(parameters: URLSearchParams): unknown {
  const question = new Map<string, unknown>();
  for (const [name, value] of parameters) {
    if (question.has(name)) throw new HttpError(400, `${name}: expected it once, found it again`);
    if (lists.includes(name)) question.set(name, value === '' ? [] : value.split(','));
    else if (name === 'top' && /^\d{1,9}$/.test(value)) question.set(name, Number(value));
    else question.set(name, value);
  }
  return Object.fromEntries(question);
}
