/**
 * Requests and limits of both parts. docs/how-to/kubernetes.md says how they were measured and when to raise
 * them.
 */
export const measured = {
  agent: { requests: { cpu: '50m', memory: '100Mi' }, limits: { memory: '400Mi' } },
  aggregator: { requests: { cpu: '100m', memory: '200Mi' }, limits: { memory: '1Gi' } },
} as const;
