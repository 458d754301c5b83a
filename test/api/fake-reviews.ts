import type { ReviewApi, ReviewKind } from '../../src/api/index.ts';

/** Somebody with a token. */
export interface KnownUser {
  readonly username: string;
  readonly groups?: readonly string[];
  /** Audiences of the token; undefined: the server does not know any. Default ours. */
  readonly audiences?: readonly string[] | undefined;
}

interface ReviewSpec {
  readonly token?: string;
  readonly user?: string;
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  readonly nonResourceAttributes?: Readonly<Record<string, string>>;
}

/**
 * An API server that knows tokens, and grants as texts: "list flows shop", "watch flows/identity *", "get
 * /metrics".
 */
export class FakeReviews implements ReviewApi {
  readonly users = new Map<string, KnownUser>();
  /** By the names of users. */
  readonly grants = new Map<string, readonly string[]>();
  readonly asked: { readonly kind: string; readonly spec: ReviewSpec }[] = [];
  /** What it answers instead, or throws. */
  fault: { readonly status: number; readonly body?: unknown } | Error | undefined;
  /** Resolves when it may answer. */
  gate: Promise<void> = Promise.resolve();

  get reviews(): number {
    return this.asked.length;
  }

  async create(kind: ReviewKind, body: unknown) {
    const { spec } = body as { readonly spec: ReviewSpec };
    this.asked.push({ kind, spec });
    await this.gate;
    if (this.fault instanceof Error) throw this.fault;
    if (this.fault !== undefined) return { body: undefined, ...this.fault };
    const isToken = kind === 'TokenReview';
    return { status: 201, body: { status: isToken ? this.#tokenStatus(spec) : this.#accessStatus(spec) } };
  }

  #tokenStatus({ token = '' }: ReviewSpec): object {
    const known = this.users.get(token);
    if (known === undefined) return { error: 'invalid bearer token' };
    const { audiences = ['weir'], ...user } = known;
    return {
      authenticated: true,
      ...('audiences' in known ? { audiences: known.audiences } : { audiences }),
      user,
    };
  }

  #accessStatus({ user = '', resourceAttributes, nonResourceAttributes }: ReviewSpec): object {
    const grants = this.grants.get(user) ?? [];
    if (nonResourceAttributes !== undefined) {
      const { verb, path } = nonResourceAttributes;
      return { allowed: grants.includes(`${verb} ${path}`) };
    }
    const { verb, group, resource, subresource, namespace } = resourceAttributes!;
    if (group !== 'weir.dev') return { allowed: false };
    const what = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    const places = namespace === '' ? ['*'] : ['*', namespace];
    return { allowed: places.some((place) => grants.includes(`${what} ${place}`)) };
  }
}
