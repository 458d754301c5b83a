/**
 * Requests and limits of both parts. Memory is measured by `npm run bench -- agent-memory pipeline`, in
 * megabytes. An agent takes 114 without connections and 167 with 100,000. An aggregator takes 210 with
 * 220,000 flows. Limits leave room for more connections and flows, and for names of the cluster.
 */
export const measured = {
  agent: { requests: { cpu: '100m', memory: '170Mi' }, limits: { memory: '512Mi' } },
  aggregator: { requests: { cpu: '200m' } },
} as const;

/**
 * Memory of an aggregator. With a history it takes up to 610 MB, and each of two processes that answer
 * questions takes up to 400.
 */
export const aggregatorMemory = {
  usual: { request: '256Mi', limit: '1Gi' },
  withHistory: { request: '640Mi', limit: '1536Mi' },
} as const;
