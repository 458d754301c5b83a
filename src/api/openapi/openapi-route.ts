import type { Routes } from '../../http/index.ts';
import { type ApiServerPlace, apiDocument } from './api-document.ts';

/** GET /openapi.json: the description of the API. It says nothing about this process, so it never changes. */
export function openApiRoutes(place: ApiServerPlace): Routes {
  let text: string | undefined;
  return {
    '/openapi.json': ({ response }) => {
      text ??= `${JSON.stringify(apiDocument(place))}\n`;
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(text);
    },
  };
}
