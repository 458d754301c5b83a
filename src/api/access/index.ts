/** Asks the Kubernetes API who a caller is and what the caller may do. It does not know the routes. */
export { AccessReviewer } from './access-reviewer.ts';
export {
  type Action,
  type Authenticator,
  type Authorizer,
  type Caller,
  ReviewError,
  type TokenRefusal,
} from './caller.ts';
export { AUDIENCE, FLOWS, IDENTITY } from './flow-rights.ts';
export { Guard } from './guard.ts';
export { KubernetesReviews } from './kubernetes-reviews.ts';
export { type ReviewApi, ReviewDesk, type ReviewDeskParts, type ReviewKind } from './review-desk.ts';
export { TokenReviewer } from './token-reviewer.ts';
