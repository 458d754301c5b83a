import { existsSync, readFileSync } from 'node:fs';

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Whether this process runs in a Pod that may ask the API server. */
export const isInPod = (): boolean => process.env.KUBERNETES_SERVICE_HOST !== undefined && existsSync(TOKEN);

/** The resolver's file; empty when there is none. */
export function resolverText(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    return '';
  }
}
