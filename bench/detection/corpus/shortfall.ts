import type { Stretch } from './timeline.ts';
import type { Edge, World } from './world.ts';

/**
 * The share of an object's normal traffic that is missing `during` some minutes, on edges that `counts`.
 * `subject` is in the words of `Happening.subjects`; undefined is the whole cluster.
 */
export function lostShare(
  world: World,
  subject: string | undefined,
  during: Stretch,
  counts: (edge: Edge) => boolean,
): number {
  let [lost, all] = [0, 0];
  for (const edge of world.edges) {
    const size = reachOf(world, edge, subject) * edge.octetsPerSecond * (1 + edge.replyRatio);
    if (size === 0) continue;
    for (let at = during.from; at < during.to; at++) {
      const seen = edge.paths.reduce((sum, path) => sum + path.share * path.seen[at]!, 0);
      all += size * edge.shape.level[at]!;
      if (counts(edge)) lost += size * (edge.shape.level[at]! - edge.level[at]! * seen);
    }
  }
  return all === 0 ? 0 : lost / all;
}

/** The share of edges that `counts` in all of an object's traffic in a minute. */
export function passedShare(
  world: World,
  subject: string,
  minute: number,
  counts: (edge: Edge) => boolean,
): number {
  let [counted, all] = [0, 0];
  for (const edge of world.edges) {
    const asked = edge.octetsPerSecond * (1 + edge.replyRatio) * edge.level[minute]!;
    const passed = reachOf(world, edge, subject) * Math.min(asked, edge.ceiling[minute]!);
    all += passed;
    if (counts(edge)) counted += passed;
  }
  return all === 0 ? 0 : counted / all;
}

/** The share of an edge's traffic in which the object takes part. */
function reachOf(
  { nodes }: World,
  { source, destination, paths }: Edge,
  subject: string | undefined,
): number {
  if (subject === undefined) return 1;
  const [kind, name] = subject.split(' ');
  if (kind === 'workload') {
    return [source, destination].some((end) => `${end.namespace}/${end.name}` === name) ? 1 : 0;
  }
  if (kind === 'service') return `${destination.namespace}/${destination.name}` === name ? 1 : 0;
  const row = nodes.findIndex((node) => node.name === name);
  return paths
    .filter(({ sourceNode, destinationNode }) => sourceNode === row || destinationNode === row)
    .reduce((sum, { share }) => sum + share, 0);
}
