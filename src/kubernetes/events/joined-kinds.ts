import type { KubernetesObject, ReflectorHandler } from '../client/index.ts';
import type { FollowedKind } from '../names/index.ts';

/** Kinds that one list or the other follows, each once. Both must follow the same objects of a kind. */
export function joinedKinds(ones: readonly FollowedKind[], others: readonly FollowedKind[]): FollowedKind[] {
  const isOf = (kind: FollowedKind) => (other: FollowedKind) =>
    other.reflected.kind.plural === kind.reflected.kind.plural;
  return [
    ...ones.map((one) => {
      const other = others.find(isOf(one));
      return other === undefined ? one : joinedKind(one, other);
    }),
    ...others.filter((other) => !ones.some(isOf(other))),
  ];
}

type Pair = readonly [one: unknown, other: unknown];

function joinedKind(one: FollowedKind, other: FollowedKind): FollowedKind {
  const slimBoth = (object: KubernetesObject): Pair => [
    one.reflected.slim(object),
    other.reflected.slim(object),
  ];
  const handler: ReflectorHandler<Pair> = {
    replace(items) {
      const pairs = [...items]; // What comes may be read only once.
      one.handler.replace(halvesOf(pairs, 0));
      other.handler.replace(halvesOf(pairs, 1));
    },
    upsert([first, second]) {
      one.handler.upsert(first);
      other.handler.upsert(second);
    },
    remove([first, second]) {
      one.handler.remove(first);
      other.handler.remove(second);
    },
    lack() {
      one.handler.lack?.();
      other.handler.lack?.();
    },
  };
  const bound = joinedBound(one.reflected.bound, other.reflected.bound);
  const reflected = { ...one.reflected, slim: slimBoth, ...(bound && { bound }) };
  return { reflected, handler } as FollowedKind<Pair> as unknown as FollowedKind;
}

type Bound = FollowedKind['reflected']['bound'];

/** Both are kept, in the memory of the first. */
const joinedBound = (one: Bound, other: Bound) =>
  one && {
    ...one,
    octetsOf: ([first, second]: Pair) => one.octetsOf(first) + (other?.octetsOf(second) ?? 0),
  };

/** Handlers may read a list later as well. */
function* halvesOf(pairs: readonly Pair[], at: 0 | 1): Generator<unknown> {
  for (const pair of pairs) yield pair[at];
}
