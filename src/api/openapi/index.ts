/**
 * The description of the API in OpenAPI 3.1: a file for each kind of route, beside the routes themselves. The
 * document and the reference page are made of it.
 */
export {
  type ApiDocument,
  type ApiServerPlace,
  apiDocument,
  apiOperations,
  type DescribedOperation,
} from './api-document.ts';
export type { ApiAnswer, ApiOperation, ApiOperations, ApiParameter } from './api-operation.ts';
export { accessErrors, commonErrors, otherError } from './error-answers.ts';
export { openApiRoutes } from './openapi-route.ts';
