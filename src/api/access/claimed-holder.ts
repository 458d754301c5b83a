/** Octets of a token that is no JWT by which those of one holder are told from others. */
const PREFIX = 6;

/**
 * Whom a token claims to belong to, as a text: what stays the same when its holder renews it. Nobody has
 * checked that yet. The UID of a ServiceAccount is hard to guess, its name is not.
 */
export function claimedHolder(token: string): string {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token) ?? [];
  const { iss, sub, 'kubernetes.io': bound } = claimsIn(payload) ?? {};
  if (typeof iss !== 'string' || typeof sub !== 'string') return JSON.stringify([token.slice(0, PREFIX)]);
  const { serviceaccount } = (bound ?? {}) as { readonly serviceaccount?: { readonly uid?: unknown } };
  return JSON.stringify([iss, sub, String(serviceaccount?.uid ?? '')]);
}

function claimsIn(payload: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? { ...claims } : undefined;
  } catch {
    return undefined;
  }
}
