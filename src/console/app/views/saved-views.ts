import type { SavedView, SavedViews } from '../../contract.ts';
import { VIEWS_PATH } from '../../contract.ts';
import { AskFault, askResponse } from '../answer/index.ts';

/** The views that are saved, and their version. */
export interface ViewList extends SavedViews {
  readonly version: string | undefined;
}

export const loadViews = (): Promise<ViewList> => requestViews({ method: 'GET' });

/** A view of the same name is replaced. */
export const saveView = (list: ViewList, view: SavedView): Promise<ViewList> =>
  putViews(list, [...list.views.filter(({ name }) => name !== view.name), view]);

export const removeView = (list: ViewList, name: string): Promise<ViewList> =>
  putViews(
    list,
    list.views.filter((view) => view.name !== name),
  );

async function putViews({ version }: ViewList, views: readonly SavedView[]): Promise<ViewList> {
  try {
    return await requestViews({
      method: 'PUT',
      headers: {
        'content-type': 'application/json',
        ...(version === undefined ? {} : { 'if-match': version }),
      },
      body: JSON.stringify({ views } satisfies SavedViews),
    });
  } catch (error) {
    if (error instanceof AskFault && error.status === 412)
      throw new AskFault(
        412,
        'Somebody else has saved a view meanwhile. Open the list again, and save once more.',
      );
    throw error;
  }
}

async function requestViews(request: RequestInit): Promise<ViewList> {
  const response = await askResponse(VIEWS_PATH, request);
  const { views } = (await response.json()) as SavedViews;
  return { views, version: response.headers.get('etag') ?? undefined };
}
