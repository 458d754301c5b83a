import { type KubernetesClient, KubernetesError, resourceKinds } from '../../kubernetes/index.ts';
import type { ReviewAnswer, ReviewApi, ReviewKind } from './review-desk.ts';

const kinds = {
  TokenReview: resourceKinds.tokenReviews,
  SubjectAccessReview: resourceKinds.subjectAccessReviews,
} as const;

/** A review is small, and so is its answer, whatever the groups of a user. */
const MAX_ANSWER_OCTETS = 262_144;
const TIME_LIMIT_MS = 10_000;

/** Reviews by the API server of the cluster. */
export class KubernetesReviews implements ReviewApi {
  readonly #client: KubernetesClient;

  constructor(client: KubernetesClient) {
    this.#client = client;
  }

  async create(kind: ReviewKind, review: unknown): Promise<ReviewAnswer> {
    const limits = { maxOctets: MAX_ANSWER_OCTETS, timeLimitMs: TIME_LIMIT_MS };
    try {
      return { status: 201, body: await this.#client.create({ kind: kinds[kind] }, review, limits) };
    } catch (error) {
      const status = error instanceof KubernetesError ? error.status : undefined;
      if (status === undefined) throw error;
      return { status: status.code, body: undefined };
    }
  }
}
