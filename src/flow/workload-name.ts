/** The letters of which Kubernetes makes random parts of names (apimachinery's rand.SafeEncodeString). */
const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]';

/** What controllers put behind their own name: the more telling first. */
const endings = [
  // a Deployment's: the ReplicaSet's hash, and the Pod's own part
  new RegExp(`-${RANDOM}{6,10}-${RANDOM}{5}$`),
  // a CronJob's: the scheduled minute since 1970, and the Pod's own part
  new RegExp(`-\\d{8,}-${RANDOM}{5}$`),
  // an indexed Job's: the index, and the Pod's own part
  new RegExp(`-\\d{1,5}-${RANDOM}{5}$`),
  // a DaemonSet's, a ReplicaSet's, a Job's
  new RegExp(`-${RANDOM}{5}$`),
  // a StatefulSet's: the ordinal
  /-\d{1,5}$/,
];

/** Characters of a Pod's name that name its workload: all but what its controller added. */
export function workloadLength(podName: string): number {
  for (const ending of endings) {
    const at = podName.search(ending);
    if (at > 0) return at;
  }
  return podName.length;
}

/** The workload that a Pod's labels name, given as a JSON object in text; undefined when they name none. */
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
