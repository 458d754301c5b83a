/** The domain of a cluster, unless its resolver says another. */
const DEFAULT_DOMAIN = 'cluster.local';

/**
 * The names of a Service in the cluster's DNS, as its clients may write it. The first is what Weir's agents
 * and those of the reference system expect. /
 */
export function serviceNames(namespace: string, service: string, domain: string = DEFAULT_DOMAIN): string[] {
  const short = `${service}.${namespace}`;
  return [`${short}.svc`, `${short}.svc.${domain}`, short, service];
}

/**
 * The domain of a cluster, as the resolver of its Pods has it.
 * @param text of /etc/resolv.conf
 */
export function clusterDomainIn(text: string): string | undefined {
  const search = text.matchAll(/^\s*(?:search|domain)\s+(.*)$/gm);
  const domains = [...search].flatMap(([, list]) => list!.trim().split(/\s+/));
  return domains.find((domain) => /^svc\.[^.]/.test(domain))?.replace(/^svc\.|\.$/g, '');
}
