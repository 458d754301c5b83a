/** Which flows somebody may read, and what of them. Knows nothing of HTTP routes, and of who he is. */
export { type Identity, identityFields } from './end-fields.ts';
export {
  everyFlow,
  type FlowScope,
  type FlowVerb,
  type FlowView,
  rowsIn,
  type ScopeOf,
} from './flow-scope.ts';
export { type NamespaceRights, NamespaceScope } from './namespace-scope.ts';
