/**
 * Requests and limits of both parts. Memory is measured by `npm run bench -- agent-memory pipeline`, in
 * megabytes. An agent takes 114 without connections and 167 with 100,000. An aggregator takes 210 with
 * 220,000 flows. Limits leave room for more connections and flows, and for names of the cluster.
 */
export const measured = {
  agent: { requests: { cpu: '100m', memory: '170Mi' }, limits: { memory: '512Mi' } },
  aggregator: { requests: { cpu: '200m', memory: '256Mi' }, limits: { memory: '1Gi' } },
} as const;
