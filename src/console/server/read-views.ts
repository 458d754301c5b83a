import { HttpError } from '../../http/index.ts';
import { MAX_VIEW_NAME, MAX_VIEW_OCTETS, MAX_VIEWS, type SavedView } from '../contract.ts';

/** All views at their bounds, with what JSON has around them. */
export const MAX_VIEWS_OCTETS = MAX_VIEWS * (MAX_VIEW_OCTETS + 1) + 1_024;

/**
 * Checks views that come from a browser or a file.
 * @throws {HttpError} 400 with what was expected and found
 */
export function readViews(found: unknown): SavedView[] {
  const { views } = (isObject(found) ? found : {}) as { views?: unknown };
  if (!Array.isArray(views)) throw new HttpError(400, 'expected {"views": [{"name": …, "search": …}, …]}');
  if (views.length > MAX_VIEWS)
    throw new HttpError(400, `expected ${MAX_VIEWS} views at most, found ${views.length}`);
  const read = views.map(readView);
  const twice = read.find(({ name }, at) => read.findIndex((other) => other.name === name) !== at);
  if (twice !== undefined) throw new HttpError(400, `two views have the name "${twice.name}"`);
  return read;
}

function readView(found: unknown, at: number): SavedView {
  const { name, search, ...more } = (isObject(found) ? found : {}) as Record<string, unknown>;
  const isName = typeof name === 'string' && name !== '' && name.length <= MAX_VIEW_NAME;
  if (!isName)
    throw new HttpError(400, `view ${at + 1}: expected a name of 1 to ${MAX_VIEW_NAME} characters`);
  if (typeof search !== 'string' || !/^\?|^$/.test(search))
    throw new HttpError(400, `view "${name}": expected a search that begins with "?"`);
  const [other] = Object.keys(more);
  if (other !== undefined) throw new HttpError(400, `view "${name}": a view has no "${other}"`);
  const view = { name, search };
  const octets = Buffer.byteLength(JSON.stringify(view));
  if (octets > MAX_VIEW_OCTETS)
    throw new HttpError(400, `view "${name}": expected ${MAX_VIEW_OCTETS} octets at most, found ${octets}`);
  return view;
}

const isObject = (found: unknown): boolean =>
  typeof found === 'object' && found !== null && !Array.isArray(found);
