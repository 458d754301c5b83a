/** The letters in the random parts of Kubernetes names (apimachinery's rand.SafeEncodeString). */
const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]';

/** What controllers append to their own name, the most specific first. */
export const workloadEndings: readonly RegExp[] = [
  // Deployment: the hash of the ReplicaSet, and the suffix of the Pod
  new RegExp(`-${RANDOM}{6,10}-${RANDOM}{5}$`),
  // CronJob: the scheduled minute since 1970, and the suffix of the Pod
  new RegExp(`-\\d{8,}-${RANDOM}{5}$`),
  // indexed Job: the index, and the suffix of the Pod
  new RegExp(`-\\d{1,5}-${RANDOM}{5}$`),
  // DaemonSet, ReplicaSet, Job: the suffix of the Pod
  new RegExp(`-${RANDOM}{5}$`),
  // StatefulSet: the ordinal
  /-\d{1,5}$/,
];

/** Length of the workload's name within a Pod's name: all but what its controllers appended. */
export function workloadLength(podName: string): number {
  for (const ending of workloadEndings) {
    const at = podName.search(ending);
    if (at > 0) return at;
  }
  return podName.length;
}

/** The workload that a Pod's labels name, given as a JSON object in text. Undefined when they name none. */
export function workloadOfLabels(text: string): string | undefined {
  let labels: unknown;
  try {
    labels = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof labels !== 'object' || labels === null) return undefined;
  const of = labels as Record<string, unknown>;
  for (const key of ['app.kubernetes.io/name', 'app']) {
    const name = of[key];
    if (typeof name === 'string' && name !== '') return name;
  }
  return undefined;
}
