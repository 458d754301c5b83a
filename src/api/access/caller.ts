/** Somebody whom the API server knows. */
export interface Caller {
  readonly name: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What somebody wants to do: something with resources of a namespace or of all, or with a path. */
export type Action = ResourceAction | PathAction;

export interface ResourceAction {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
}

export interface PathAction {
  readonly verb: string;
  readonly path: string;
}

/** Says whom a token belongs to. */
export interface Authenticator {
  /**
   * The holder of the token, or why nobody is.
   * @param source where the token comes from, as a text
   * @throws {ReviewError} when that cannot be determined; {TooManyError} when the source asks too much
   */
  authenticate(token: string, source: string): Promise<Caller | TokenRefusal>;
}

/** Says who may do what. */
export interface Authorizer {
  /** @throws {ReviewError} when that cannot be determined */
  isAllowed(caller: Caller, action: Action): Promise<boolean>;
}

/** Why a token is not accepted. */
export interface TokenRefusal {
  readonly refusal: string;
}

/** Nobody can say now who asks, or what he may do. This never means that he may not. */
export class ReviewError extends Error {}

/** One who asks must wait, so that others get an answer. */
export class TooManyError extends ReviewError {}
