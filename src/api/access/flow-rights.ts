/**
 * The resource that rights to flows are granted for. No API server serves it: only roles and reviews name it.
 * Its group is the project's own, so that no other's resource has the name. A role for all groups ("*")
 * grants it as well, as administrators expect.
 */
export const FLOWS = { group: 'weir.dev', resource: 'flows' } as const;

/** Who an end of a flow is, where somebody may read the flow because of its other end. */
export const IDENTITY = 'identity';

/** The audience that a token must be for. */
export const AUDIENCE = 'weir';
