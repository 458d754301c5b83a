/** Which flows somebody may read, what of them, and with how many clients. Knows nothing of HTTP routes. */
export {
  everyFlow,
  type FlowScope,
  type FlowVerb,
  type ScopeOf,
} from './flow-scope.ts';
export { type NamespaceRights, NamespaceScope } from './namespace-scope.ts';
export { ReaderPlaces } from './reader-places.ts';
